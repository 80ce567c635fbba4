"""What can go wrong on the caller's side of a call."""

from __future__ import annotations


class SoftphoneError(Exception):
    """A test caller or an agent's phone could not do what it was asked to."""


class StackFailed(SoftphoneError):
    """The SIP stack would not start, died, or is already in use by this process."""


class NobodyListens(SoftphoneError):
    """No program listens at the server's SIP port: start the line first."""


class CallRefused(SoftphoneError):
    """The far end answered the INVITE with a refusal (busy, no such number, declined)."""

    def __init__(self, message: str, *, status: int | None, reason: str) -> None:
        super().__init__(message)
        self.status = status  # SIP status, None when the transport failed
        self.reason = reason


class NotAnswered(SoftphoneError):
    """Nobody answered within the limit; the call was hung up."""


class NoCallCame(SoftphoneError):
    """The agent's phone did not ring within the limit."""


class CallOver(SoftphoneError):
    """The call ended while something was still to be done on it."""


class NothingHeard(SoftphoneError):
    """The far end stayed silent for longer than the limit."""


class NoEndOfPrompt(SoftphoneError):
    """The far end did not stop sounding within the limit."""


class StillUp(SoftphoneError):
    """The call did not end within the limit."""


class RegistrationRefused(SoftphoneError):
    """The server did not accept the agent's phone."""

    def __init__(self, message: str, *, status: int | None) -> None:
        super().__init__(message)
        self.status = status  # SIP status, None when no answer came


class CallerVoiceFailed(SoftphoneError):
    """The caller's words could not be turned into sound, or a sound file is unusable."""


class ScenarioInvalid(SoftphoneError):
    """A scenario file is wrong; the message names the file and the line."""
