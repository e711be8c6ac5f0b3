"""Reads docs/query-language.md: the sample items, and the rows of its tables."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tests.conftest import ROOT
from tests.documents import FENCE, Document

PAGE = Document.read(ROOT / "docs" / "query-language.md")
BOOKS, ITEM = (json.loads(block.text) for block in PAGE.blocks if block.language == "json")
"""The items that filters and sorts work on, and the one that projections work on."""


@dataclass(frozen=True)
class Row:
    """A row of a table, by the names of its columns; `line` is its place on the page."""

    cells: Mapping[str, str]
    line: int

    def json(self, column: str) -> Any:
        return json.loads(self.code(column))

    def code(self, column: str) -> str:
        """What stands in a cell between backticks."""
        quoted = re.fullmatch("`(.+)`", self.cells[column])
        assert quoted, f"line {self.line}: {column} is no code"
        return quoted[1]

    def ids(self, column: str) -> list[str]:
        """The items that a cell names: `salt, bread`, `all` or `nothing`."""
        text = self.cells[column]
        return {"all": [book["Id"] for book in BOOKS], "nothing": []}.get(text, text.split(", "))

    @property
    def refused(self) -> list[str]:
        """The operators that the row says are not supported."""
        return re.findall(r"`(\$\w+)`", self.cells.get("Operator", ""))


def _rows() -> Iterator[Row]:
    columns: Sequence[str] = ()
    without_blocks = FENCE.sub(lambda block: "\n" * block[0].count("\n"), PAGE.text)
    for line, text in enumerate(without_blocks.splitlines(), 1):
        cells = [cell.strip().replace(r"\|", "|") for cell in re.split(r"(?<!\\)\|", text)[1:-1]]
        if not columns:
            columns = cells
        elif not text:
            columns = ()
        elif not text.startswith("| ---"):
            yield Row(dict(zip(columns, cells, strict=True)), line)


ROWS = list(_rows())


def rows_with(*columns: str) -> list[Row]:
    """The rows of all tables that begin with these columns."""
    found = [row for row in ROWS if tuple(row.cells)[: len(columns)] == columns]
    assert found, f"no table has the columns {columns}"
    return found
