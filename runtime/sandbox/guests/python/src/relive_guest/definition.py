"""User code that has been loaded."""

import json
import sys
from collections.abc import Callable
from types import ModuleType
from typing import Any

from relive_guest import environment, failure, importing


class NoHandler(Exception):
    """The file does not define the handler that is called."""


class Definition:
    """The module made from the file at `entry`."""

    def __init__(self, module: ModuleType, entry: str) -> None:
        self._module = module
        self.entry = entry

    @classmethod
    def load(cls, text: str) -> "Definition":
        """Run the top level of a file. `text` is JSON: `{"entry": path, "files": {path: source}}`."""
        code = json.loads(text)
        entry, files = code["entry"], code["files"]
        failure.remember_files(files)
        environment.redirect_output()
        importing.offer_shared(files)
        module = ModuleType(entry.removesuffix(".py").replace("/", "."))
        module.__file__ = entry
        sys.modules[module.__name__] = module
        exec(compile(files[entry], entry, "exec", dont_inherit=True), module.__dict__)
        return cls(module, entry)

    def handler(self, name: str) -> Callable[..., Any]:
        """The handler of that name. Raises NoHandler."""
        handler = getattr(self._module, name, None)
        if not callable(handler):
            raise NoHandler(f"{self.entry} does not define the function {name}.")
        return handler  # type: ignore[no-any-return]
