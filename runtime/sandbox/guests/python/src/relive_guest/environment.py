"""How the interpreter is set up for user code: once when the guest is built, and again at the start of each call."""

import os
import random
import sys
import threading
import time
from typing import Any, NoReturn

from relive_guest import importing, json_values, library, logging, loop

_deadline = [0.0]


def prepare() -> None:
    """When the guest is built."""
    import cloud  # noqa: F401  # so that it is in the snapshot

    loop.install()
    library.complete()
    json_values.teach_json_dumps()
    logging.adopt_library_logging()
    importing.close_library()
    threading.Thread.start = _no_threads  # type: ignore[method-assign]
    sys.breakpointhook = _no_debugger
    sys.path[:] = []


def start_definition() -> None:
    """When user code is loaded."""
    sys.stdout = logging.LogStream("info")
    sys.stderr = logging.LogStream("error")
    sys.argv = [""]


def start_call(seconds_left: float) -> None:
    """When a handler starts.

    Without a new seed, calls that share a prepared or restored definition would draw the same random numbers.
    """
    random.seed(os.urandom(32))
    _deadline[0] = time.monotonic() + seconds_left


def time_left() -> float:
    """Seconds left of the request's budget. Raises RuntimeError in the top-level code of a file."""
    if not _deadline[0]:
        raise RuntimeError("time_left() is not available in the top-level code of a file. Call it inside a handler.")
    return max(0.0, _deadline[0] - time.monotonic())


def finish_output() -> None:
    """Log what was printed without an end of line."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, logging.LogStream):
            stream.finish()


def forget_call() -> None:
    """Be as before any call."""
    _deadline[0] = 0.0


def _no_threads(self: threading.Thread) -> Any:
    raise RuntimeError("There are no threads in the sandbox. Use asyncio: calls to the host overlap there.")


def _no_debugger(*_: Any, **__: Any) -> NoReturn:
    raise RuntimeError("There is no debugger in the sandbox. Use print, or `from cloud import log`.")
