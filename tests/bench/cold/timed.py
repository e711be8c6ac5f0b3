"""A handler around another one, `TIMED_MODULE.handler`, that also tells how long importing and calling it took.

Both run in the emulator's own Python, with nothing of these tests around them.
"""

import importlib
import os
import time
from typing import Any

_started = time.perf_counter()
_module = importlib.import_module(os.environ["TIMED_MODULE"])
IMPORT_SECONDS = time.perf_counter() - _started


def handler(event: Any, context: Any) -> dict[str, Any]:
    started = time.perf_counter()
    answer = _module.handler(event, context)
    return {"answer": answer, "call": time.perf_counter() - started, "import": IMPORT_SECONDS}
