"""What can go wrong between us and Asterisk's manager interface."""

from __future__ import annotations


class AmiError(Exception):
    """An action was not done, or it is not known whether it was. `retryable` says whether a later try makes sense."""

    retryable = False


class AmiNotConfigured(AmiError):
    """There is no secret to log in with."""


class AmiDisconnected(AmiError):
    """Not connected: the action was not sent, and will not be."""

    retryable = True


class AmiConnectionLost(AmiDisconnected):
    """The connection ended before the answer came: Asterisk may or may not have done the action."""

    retryable = False


class AmiLoginRefused(AmiError):
    """Asterisk does not accept the user or the secret."""


class AmiRejected(AmiError):
    """Asterisk answered the action with an error."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class AmiTimeout(AmiError):
    """No answer within the limit: Asterisk may or may not have done the action."""


class AmiBusy(AmiError):
    """Too many actions wait for their answers already; this one was not sent."""

    retryable = True


class AmiProtocolError(AmiError):
    """The peer does not speak AMI, or more of it than we take."""


class AmiUnsafeValue(AmiError, ValueError):
    """A name or value that would break out of its line (line breaks, NUL), or a line that Asterisk would not read."""
