"""What callers are told when the store does not work."""

from runtime.errors import ReliveError
from runtime.store.port import StoreBusyError, StoreUnavailableError


def store_failure(error: StoreUnavailableError) -> ReliveError:
    """650 if others kept the store locked, 1 if it cannot be used at all. The app's owner learns why."""
    details = {"type": "StoreUnavailable", "message": str(error)}
    if isinstance(error, StoreBusyError):
        return ReliveError(650, "The store was locked for too long.", details=details)
    return ReliveError(1, "The store cannot be used at the moment.", details=details)
