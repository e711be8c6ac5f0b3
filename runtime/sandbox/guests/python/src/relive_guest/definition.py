"""User code that has been loaded."""

import importlib.machinery
import json
import sys
from collections.abc import Callable
from types import ModuleType
from typing import Any

from relive_guest import environment, importing, sources


class NoHandler(Exception):
    """The file does not define the handler that is called."""


class Definition:
    """The module made from the file at `entry`."""

    def __init__(self, module: ModuleType, entry: str) -> None:
        self._module = module
        self.entry = entry

    @classmethod
    def load(cls, text: str) -> Definition:
        """Run the top level of a file.

        `text` is JSON: `{"entry": path, "files": {path: source}}`, perhaps with what `compiling` made of the files
        under `compiled`.
        """
        code = json.loads(text)
        entry: str = code["entry"]
        sources.remember(code["files"], code.get("compiled", {}))
        environment.start_definition()
        finder = importing.offer_shared()
        name = entry.removesuffix(".py").replace("/", ".")
        module = ModuleType(name)
        # With it the modules of the standard library that show source code find it.
        module.__spec__ = importlib.machinery.ModuleSpec(name, finder, origin=entry)
        sys.modules[name] = module
        finder.exec_module(module)
        return cls(module, entry)

    def handler(self, name: str) -> Callable[..., Any]:
        """The handler of that name. Raises NoHandler."""
        handler = self.find(name)
        if handler is None:
            raise NoHandler(f"{self.entry} does not define the function {name}.")
        return handler

    def find(self, name: str) -> Callable[..., Any] | None:
        """The handler of that name, if there is one."""
        handler = getattr(self._module, name, None)
        return handler if callable(handler) else None
