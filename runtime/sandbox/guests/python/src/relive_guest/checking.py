"""What is wrong with an app's files, before any of them is run."""

import ast
import difflib
import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from relive_guest import failure, sources
from relive_guest.data_events import EVENTS, ITEM_FORMS

HANDLERS = (*EVENTS, *ITEM_FORMS.values())

LIKE_A_HANDLER = re.compile(r"(before|after)(_[a-z_]+|[A-Z][A-Za-z]*)")
"""Names that somebody gave to a handler: also as JavaScript has them, `beforeCreate`."""


def check(files: Mapping[str, str]) -> str:
    """The problems in `files`: their `file`, `line` and `message`, as JSON."""
    problems = [problem for path, source in files.items() for problem in _problems(path, source)]
    return json.dumps({"ending": "checked", "problems": problems})


def _problems(path: str, source: str) -> Iterator[dict[str, Any]]:
    try:
        sources.compiled(path, source)
    except SyntaxError as error:
        details = failure.syntax_details(error)
        yield {**details, "message": f"does not compile: {details['message']}"}
        return
    if path.startswith("types/"):
        yield from _misnamed_handlers(path, source)


def _misnamed_handlers(path: str, source: str) -> Iterator[dict[str, Any]]:
    """Functions that look like handlers and would never be called, since no event has their name."""
    for statement in ast.parse(source).body:
        if not isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef) or statement.name in HANDLERS:
            continue
        if LIKE_A_HANDLER.fullmatch(statement.name):
            snake_case = re.sub(r"([A-Z])", r"_\1", statement.name).lower()
            (nearest,) = difflib.get_close_matches(snake_case, HANDLERS, 1, 0)
            message = f"{statement.name} would never be called: no event has that name. Did you mean {nearest}?"
            yield {"file": path, "line": statement.lineno, "message": message}
