"""relive.yaml: whatever is in it, it is an app or a list of problems that can be shown."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from runtime.apps.folder import AppFolderError, load
from tests.apps.app_folders import write_app
from tests.fuzz.mutating.raw import mutate_bytes
from tests.fuzz.target import Attempt, BrokenPromise, Target

TOKENS = (
    "app:", "id:", "title:", "functions:", "types:", "fields:", "type:", "unique:", "indexed:", "to:", "policy:", "bulk:",
    "after_errors:", "validate:", "execute:", "http:", "allow:", "required:", "range:", "pattern:", "one_of:", "default:",
    "text", "number", "boolean", "date", "array", "object", "geopoint", "file", "relation", "relations", "public", "private",
    "shared", "read-only", "roles", "filtered", "true", "no", "~", "2024-13-45", "0x_", "1e9", ".inf", ".nan", "1:99:99", "=",
    "<<", "<<: *a", "!!int", "!!binary", "!!timestamp", "!!python/object", "!x", "&a", "*a", '"\\ud800"', '"\\U0011ffff"', "---",
    "...", "|", ">", "{", "}", "[", "]", "#", "%YAML 1.1", "- ", "? ", ": ", ", ", "\n", "\n  ", "\n    ", "\t", "\0", "\x85",
    "\u2028", "\ufeff", "(a+)+$", "Book", "é",
)  # fmt: skip


@contextmanager
def opened(folder: Path) -> Iterator[Attempt]:
    write_app(folder, {"functions/top.py": "", "types/Book.py": ""})

    def attempt(data: bytes) -> None:
        (folder / "relive.yaml").write_bytes(data)
        try:
            load(folder)
        except AppFolderError as error:
            _check(error)

    yield attempt


def _check(error: AppFolderError) -> None:
    if not error.problems:
        raise BrokenPromise("refused, and nobody knows why")
    for problem in error.problems:
        if not str(problem).isprintable() or (problem.line is not None and problem.line < 1):
            raise BrokenPromise(f"a problem that cannot be shown: {problem!r}")
        if "Input should" in problem.message:
            raise BrokenPromise(f"a sentence of somebody else's: {problem.message}")


TARGET = Target("definitions", opened, partial(mutate_bytes, tokens=TOKENS), TOKENS)
