"""Exceptions of user code, told as data: the exception, where it happened, and user code's own frames."""

import json
import traceback
from collections.abc import Mapping
from typing import Any

from relive_guest.loop import NothingToWaitFor

MESSAGE_LIMIT = 2000
FRAMES_LIMIT = 20

_files: dict[str, str] = {}


def remember_files(files: Mapping[str, str]) -> None:
    """Take note of user code's own files: only their frames are told of."""
    _files.update(files)


def of_check(files: Mapping[str, str]) -> str:
    """What does not compile in `files`, as a list of details."""
    problems = []
    for path, source in files.items():
        try:
            compile(source, path, "exec", dont_inherit=True)
        except (SyntaxError, ValueError) as exception:  # ValueError: a null character
            problems.append(_syntax_details(exception, path))
    return json.dumps({"ending": "checked", "problems": problems})


def of_definition(exception: BaseException) -> str:
    """How a definition failed: the code does not compile, or its top level raised something."""
    if isinstance(exception, SyntaxError) and exception.filename in _files:
        return json.dumps({"ending": "does_not_compile", "details": _syntax_details(exception, exception.filename)})
    return json.dumps({"ending": "failed", "details": details(exception)})


def of_handler(exception: BaseException) -> str:
    """How a handler failed that did not end by one of the ways meant for it."""
    if isinstance(exception, NothingToWaitFor):
        return json.dumps({"ending": "never_done"})
    if isinstance(exception, SyntaxError) and exception.filename in _files:
        return json.dumps({"ending": "does_not_compile", "details": _syntax_details(exception, exception.filename)})
    return json.dumps({"ending": "failed", "details": details(exception)})


def details(exception: BaseException) -> dict[str, Any]:
    """`type`, `message`, `file`, `line` and `frames` (outermost first) of an exception; frames of user code alone."""
    frames = [
        {"file": frame.filename, "line": frame.lineno, "function": frame.name, "code": _line(frame.filename, frame.lineno)}
        for frame in traceback.extract_tb(exception.__traceback__, limit=None)
        if frame.filename in _files
    ]
    if len(frames) > FRAMES_LIMIT:
        half = FRAMES_LIMIT // 2
        frames = frames[:half] + frames[-half:]
    told: dict[str, Any] = {"type": type(exception).__name__, "message": message_of(exception)}
    if frames:
        told |= {"file": frames[-1]["file"], "line": frames[-1]["line"]}
    return told | {"frames": frames}


def message_of(exception: BaseException) -> str:
    """The exception's text, cut to a length that can be shown; user code's own `__str__` may fail."""
    try:
        text = str(exception)
    except BaseException as second:
        text = f"(its message could not be read: {type(second).__name__})"
    return text if len(text) <= MESSAGE_LIMIT else text[:MESSAGE_LIMIT] + "..."


def _syntax_details(exception: Exception, path: str) -> dict[str, Any]:
    return {
        "type": type(exception).__name__,
        "message": getattr(exception, "msg", str(exception)),
        "file": path,
        "line": getattr(exception, "lineno", None),
        "frames": [],
    }


def _line(path: str, number: int | None) -> str:
    lines = _files[path].splitlines()
    return lines[number - 1].strip() if number and number <= len(lines) else ""


def forget_call() -> None:
    """Be as before any call."""
    _files.clear()
