"""What can go wrong between us and Asterisk's AGI. A hang-up is not among it: that is `HungUp`."""

from __future__ import annotations

from ivr.audio.port import HungUp

__all__ = [
    "AgiApplicationFailed",
    "AgiCommandRejected",
    "AgiError",
    "AgiProtocolError",
    "AgiTimeout",
    "AgiUnsafeValue",
    "HungUp",
]


class AgiError(Exception):
    """A command did not do what was asked, while the call lives on."""

    retryable = False


class AgiCommandRejected(AgiError):
    """Asterisk does not take the command: 510 unknown, 520 wrong use, or any other refusing status."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(f"Asterisk answered {status}: {text}")
        self.status = status
        self.text = text


class AgiApplicationFailed(AgiError):
    """An application or command ended with a failure of its own; the caller is still there."""

    def __init__(self, application: str, result: str) -> None:
        reason = "no such application" if result == "-2" else "it failed while the call lives"
        super().__init__(f"{application} ended with result {result}: {reason}")
        self.application = application
        self.result = result


class AgiTimeout(AgiError):
    """No answer within the limit. Asterisk may still be at work on the command; the next one waits for that."""

    retryable = True


class AgiProtocolError(AgiError):
    """The peer does not speak AGI (any more); the session is of no further use."""


class AgiUnsafeValue(AgiError, ValueError):
    """A value that would break out of its command (line breaks, NUL) or be cut by Asterisk (too long)."""
