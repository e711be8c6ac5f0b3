"""Something wrong in an app folder."""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Problem:
    """`file` is a path inside the app folder with `/`; `line` counts from 1; `key` is one of `relive.yaml`.

    Written out, always on one line: `relive.yaml:7: types.Book.policy: must be one of ...`.
    """

    file: str
    line: int | None
    key: str | None
    message: str

    def __str__(self) -> str:
        place = self.file if self.line is None else f"{self.file}:{self.line}"
        text = ": ".join(part for part in (place, self.key, self.message) if part)
        return "".join(char if char.isprintable() else ascii(char)[1:-1] for char in text)


class AppFolderError(Exception):
    """An app folder that cannot be served. Written out: every problem there is, one a line."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = list(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))
