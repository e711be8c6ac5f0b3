"""Rights that a role was given a moment ago: IAM takes some seconds to tell all of AWS (IAM: eventual consistency)."""

import time
from collections.abc import Callable

from runtime.store.dynamodb.failures import BAD_CREDENTIALS, NOT_PERMITTED, code_of

PATIENCE_SECONDS = 40.0
"""For how long to begin again. In the rest of the function's 60 seconds an attempt may fail slowly, and is told."""

PAUSE_SECONDS = 2.0

NOT_KNOWN = NOT_PERMITTED | BAD_CREDENTIALS | {"AccessDenied"}
"""What services answer to a role that they do not know yet, or of which they do not know that it may do this."""


def until_permitted(work: Callable[[], None]) -> None:
    """Do it, again and again while it is not permitted and there is time. Raises what it failed with last."""
    end = time.monotonic() + PATIENCE_SECONDS
    while True:
        try:
            return work()
        except Exception as error:
            if not _is_refused(error) or time.monotonic() + PAUSE_SECONDS > end:
                raise
        time.sleep(PAUSE_SECONDS)


def _is_refused(error: BaseException | None) -> bool:
    """Whether AWS has refused it; the store raises an error of its own from that of botocore."""
    while error is not None:
        if isinstance(error, Exception) and code_of(error) in NOT_KNOWN:
            return True
        error = error.__cause__
    return False
