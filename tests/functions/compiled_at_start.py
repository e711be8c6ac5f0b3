"""A handler around `HANDLER_MODULE.handler`, in the emulator: it also tells what had to be compiled to import and call it.

Where code is read-only, that is done again at each cold start.
"""

import importlib
import os
import sys
from importlib.machinery import SourceFileLoader
from typing import Any

_compiled: list[str] = []
_compile = SourceFileLoader.source_to_code


def _noted(loader: SourceFileLoader, data: Any, path: Any, **options: Any) -> Any:
    _compiled.append(str(path))
    return _compile(loader, data, path, **options)


SourceFileLoader.source_to_code = _noted  # type: ignore[method-assign]
_module = importlib.import_module(os.environ["HANDLER_MODULE"])


def handler(event: Any, context: Any) -> dict[str, Any]:
    return {"answer": _module.handler(event, context), "compiled": _compiled, "modules": len(sys.modules)}
