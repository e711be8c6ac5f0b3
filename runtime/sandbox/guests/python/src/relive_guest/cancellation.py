"""The end of a call that user code has cancelled."""

from typing import NoReturn

from relive_guest import host


class RequestCancelled(BaseException):
    """Raised by `request.cancel`. No Exception, so that `except Exception` in user code does not swallow it."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


def cancel(message: object) -> NoReturn:
    """End the call here. From now on no call to the host is started, whatever user code makes of the exception."""
    cancelled = RequestCancelled("" if message is None else str(message))
    host.refuse_all(cancelled)
    raise cancelled


def cancelled() -> RequestCancelled | None:
    """What the call was cancelled with, also when user code has caught it."""
    refusal = host.refusal()
    return refusal if isinstance(refusal, RequestCancelled) else None
