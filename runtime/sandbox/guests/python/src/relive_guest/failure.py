"""Exceptions of user code, told as data: the exception, where it happened, and user code's own frames."""

import json
import traceback
from collections.abc import Iterator
from typing import Any

from relive_guest import sources
from relive_guest.loop import NothingToWaitFor

MESSAGE_LIMIT = 2000
FRAMES_LIMIT = 20
GROUP_LIMIT = 5
"""How many of the exceptions in a group are told of."""


def ending(exception: BaseException) -> str:
    """How a definition or a handler failed that did not end by one of the ways meant for it."""
    if isinstance(exception, NothingToWaitFor):
        return json.dumps({"ending": "never_done", "done": exception.for_done})
    if isinstance(exception, SyntaxError) and sources.has(exception.filename):
        return json.dumps({"ending": "does_not_compile", "details": syntax_details(exception)})
    return json.dumps({"ending": "failed", "details": details(exception)})


def leaves(exception: BaseException) -> Iterator[BaseException]:
    """The exceptions inside a group and the groups in it; of one that is no group, itself."""
    if isinstance(exception, BaseExceptionGroup):
        for inner in exception.exceptions:
            yield from leaves(inner)
    else:
        yield exception


def details(exception: BaseException) -> dict[str, Any]:
    """`type`, `message`, `file`, `line` and `frames` (outermost first) of an exception; frames of user code alone.

    A group also has `exceptions`, and an exception that was raised because of another has its `cause`.
    """
    frames = _frames(exception)
    told: dict[str, Any] = {"type": type(exception).__name__, "message": message_of(exception)}
    if frames:
        told |= {"file": frames[-1]["file"], "line": frames[-1]["line"]}
    if isinstance(exception, BaseExceptionGroup):
        told["exceptions"] = [_brief(leaf) for leaf, _ in zip(leaves(exception), range(GROUP_LIMIT), strict=False)]
    if (cause := _cause(exception)) is not None:
        told["cause"] = _brief(cause)
    return told | {"frames": frames}


def message_of(exception: BaseException) -> str:
    """The exception's text, cut to a length that can be shown; user code's own `__str__` may fail."""
    try:
        text = str(exception)
    except BaseException as second:
        text = f"(its message could not be read: {type(second).__name__})"
    return text if len(text) <= MESSAGE_LIMIT else text[:MESSAGE_LIMIT] + "..."


def _frames(exception: BaseException) -> list[dict[str, Any]]:
    places = [
        (frame.f_code.co_filename, line, frame.f_code.co_name)
        for frame, line in traceback.walk_tb(exception.__traceback__)
        if sources.has(frame.f_code.co_filename)
    ]
    if len(places) > FRAMES_LIMIT:
        places[FRAMES_LIMIT // 2 : -FRAMES_LIMIT // 2] = []
    return [
        {"file": file, "line": line, "function": name, "code": sources.line(file, line)} for file, line, name in places
    ]


def _brief(exception: BaseException) -> dict[str, Any]:
    told: dict[str, Any] = {"type": type(exception).__name__, "message": message_of(exception)}
    if frames := _frames(exception):
        told |= {"file": frames[-1]["file"], "line": frames[-1]["line"]}
    return told


def _cause(exception: BaseException) -> BaseException | None:
    if exception.__cause__ is not None or exception.__suppress_context__:
        return exception.__cause__
    return exception.__context__


def syntax_details(exception: SyntaxError) -> dict[str, Any]:
    """`type`, `message`, `file` and `line` of what does not compile."""
    return {
        "type": type(exception).__name__,
        "message": exception.msg,
        "file": exception.filename,
        "line": exception.lineno,
        "frames": [],
    }
