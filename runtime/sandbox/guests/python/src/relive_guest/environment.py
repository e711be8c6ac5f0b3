"""How the interpreter is set up for user code: once when the guest is built, and again at the start of each call."""

import os
import random
import sys
import threading
import time
from typing import Any

from relive_guest import importing, logging, loop

_deadline = [0.0]


def prepare() -> None:
    """When the guest is built."""
    import cloud  # noqa: F401  # so that it is in the snapshot

    loop.install()
    importing.close_library()
    threading.Thread.start = _no_threads  # type: ignore[method-assign]
    sys.argv = [""]
    sys.path[:] = []


def start_call(seconds_left: float) -> None:
    """When a handler starts. The snapshot has frozen the state of `random`: without a new seed all calls draw the same."""
    random.seed(os.urandom(32))
    _deadline[0] = time.monotonic() + seconds_left


def time_left() -> float:
    """Seconds left of the request's budget. Raises RuntimeError in the top-level code of a file."""
    if not _deadline[0]:
        raise RuntimeError("time_left() is not available in the top-level code of a file. Call it inside a handler.")
    return max(0.0, _deadline[0] - time.monotonic())


def redirect_output() -> None:
    """Send what is printed to the log."""
    sys.stdout = logging.LogStream("info")
    sys.stderr = logging.LogStream("error")


def _no_threads(self: threading.Thread) -> Any:
    raise RuntimeError("There are no threads in the sandbox. Use asyncio: calls to the host overlap there.")


def forget_call() -> None:
    """Be as before any call."""
    _deadline[0] = 0.0
