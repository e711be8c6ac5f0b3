"""An app as it runs: its definition and its code."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from runtime.apps.definition import AppDefinition


@dataclass(frozen=True)
class App:
    """`code` maps the path of a file inside the app folder, such as `functions/top_books.py`, to its source text."""

    definition: AppDefinition
    code: Mapping[str, str]

    @property
    def id(self) -> str:
        return self.definition.app.id

    def function_path(self, name: str) -> str:
        return f"functions/{name}.py"

    def type_path(self, name: str) -> str:
        return f"types/{name}.py"

    @cached_property
    def shared(self) -> Mapping[str, str]:
        """The files that all others may import."""
        return {path: source for path, source in self.code.items() if path.startswith("shared/")}

    @cached_property
    def version(self) -> str:
        """Changes whenever the definition or any file does."""
        content = json.dumps([self.definition.model_dump(mode="json"), sorted(self.code.items())])
        return hashlib.sha256(content.encode("utf-8", "surrogatepass")).hexdigest()[:16]
