"""What the end of a sandboxed call means: an answer, or the error with the right code."""

import base64
import json
import math
from typing import Any

from runtime.cloudcode.answer_headers import InvalidHeader, clean_headers
from runtime.cloudcode.call_log import CallLog
from runtime.cloudcode.function import FunctionAnswer
from runtime.cloudcode.told import check_depth, read_told
from runtime.errors import ReliveError
from runtime.sandbox.endings import Crashed, Ending, Finished, NotDefined, TimedOut
from runtime.settings import MEGABYTE, Settings

ENVELOPE_BYTES = 2048
"""Room for what surrounds a body and its headers in the answer of Lambda (limit: 6 MB for the whole)."""


MESSAGE_LIMIT = 10_000
"""Characters of an error's message."""

DETAILS_LIMIT = 64 * 1024
"""Characters of an error's details, as JSON."""

MOST_NAMES = 10


class Endings:
    """Reads the ending of a call by the limits in force."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._result_limit = int(settings.result_mb * MEGABYTE)

    def answer(self, ending: Ending, path: str, log: CallLog) -> FunctionAnswer:
        """The answer of the function in the file `path`.

        Raises ReliveError with 901, 902, 910, 951, or user code's own code.
        """
        match ending:
            case Finished(text):
                return self._finished(text, log)
            case NotDefined(text):
                raise self._told_failure(_read(text))
            case TimedOut(defining=True):
                raise ReliveError(902, self._slow_definition(path))
            case TimedOut():
                raise ReliveError(902, f"The request's {self._settings.budget_seconds:g} seconds are over.")
            case Crashed(reason):
                raise ReliveError(
                    901, details={"type": "SandboxCrash", "message": _explain_crash(reason), "frames": []}
                )

    def _finished(self, text: str, log: CallLog) -> FunctionAnswer:
        head_text, _, body_text = text.partition("\n")
        head = _read(head_text)
        if head.get("ending") != "answered":
            raise self._told_failure(head)
        try:
            headers, left_out = clean_headers(head["headers"], head["kind"])
            answer = FunctionAnswer(_status(head["status"]), headers, _body(head["kind"], body_text), head["kind"])
        except InvalidHeader as exception:
            raise _failed("InvalidHeader", str(exception)) from None
        except RecursionError:
            raise _failed("AnswerTooDeep", "The answer is nested too deeply.") from None
        except (KeyError, TypeError, ValueError, AttributeError):
            raise _failed("MalformedAnswer", "The answer does not have the form that the guest gives it.") from None
        self._check_size(answer)
        if left_out:
            names = ", ".join(left_out[:MOST_NAMES]) + (" and more" if len(left_out) > MOST_NAMES else "")
            log.add("warning", f"Headers that are the server's own were left out of the answer: {names}.")
        return answer

    def _check_size(self, answer: FunctionAnswer) -> None:
        """The limit is on the answer as it is serialised: base64 for bytes, and JSON once more around a text."""
        size = ENVELOPE_BYTES + sum(len(name) + len(value) + 6 for name, value in answer.headers.items())
        if answer.kind == "bytes":
            size += len(answer.body) * 4 // 3
        elif len(answer.body) * 6 + size > self._result_limit:  # escaped, a character takes six bytes at most
            size += len(json.dumps(answer.body.decode(), ensure_ascii=False).encode())
        if size > self._result_limit:
            raise _failed(
                "AnswerTooLarge",
                f"The answer is {size / MEGABYTE:.1f} MB serialised; the limit is {self._settings.result_mb:g} MB.",
            )

    def _told_failure(self, told: dict[str, Any]) -> ReliveError:
        """The error for what the guest tells. It is not trusted: whatever is odd about it is a 901."""
        details = _bounded(told.get("details"))
        match told:
            case {"ending": "cancelled", "message": str(message)}:
                return ReliveError.custom(910, 500, _cut(message)) if message else ReliveError(910)
            case {"ending": "error_set", "message": str(message), "code": int(code), "status": int(status)} if (
                code > 0 and 400 <= status <= 599
            ):
                return ReliveError.custom(code, status, _cut(message), details=details)
            case {"ending": "never_done", "done": False}:
                return ReliveError(902, "Nothing is left that could finish the handler: what it waits for never comes.")
            case {"ending": "never_done"}:
                return ReliveError(
                    902, "Nothing is left that could finish the handler: done was not called and cannot be anymore."
                )
            case {"ending": "does_not_compile"}:
                return ReliveError(951, details=details)
            case {"ending": "failed", "details": {"type": "NotAnAnswer" | "NoHandler", "message": str(message)}}:
                return ReliveError(901, _cut(message), details=details)
            case {"ending": "failed"}:
                return ReliveError(901, details=details)
        return _failed("MalformedAnswer", "The answer does not have the form that the guest gives it.")

    def _slow_definition(self, path: str) -> str:
        seconds = min(self._settings.definition_seconds, self._settings.budget_seconds)
        return f"Loading {path} took longer than {seconds:g} seconds."


def _failed(kind: str, message: str) -> ReliveError:
    """A 901 whose reason the caller may know: it is about the answer, not about the code."""
    return ReliveError(901, message, details={"type": kind, "message": message, "frames": []})


def _bounded(details: Any) -> dict[str, Any]:
    """Details of a size that an answer and a log line can hold."""
    if not isinstance(details, dict):
        return {}
    if len(json.dumps(details)) <= DETAILS_LIMIT:
        return details
    return {"type": _cut(str(details.get("type"))), "message": _cut(str(details.get("message"))), "frames": []}


def _cut(message: str) -> str:
    """Messages are for people; and they must fit into the answer, whatever user code puts into them."""
    return message if len(message) <= MESSAGE_LIMIT else message[:MESSAGE_LIMIT] + "..."


def _read(text: str) -> dict[str, Any]:
    try:
        value = read_told(text)
    except ValueError:
        value = None
    return value if isinstance(value, dict) else {}


def _body(kind: str, text: str) -> bytes:
    """The body's bytes. Raises ValueError or RecursionError if the text is not what `kind` says."""
    match kind:
        case "bytes":
            return base64.b64decode(text, validate=True)
        case "json":
            # Whoever calls must get JSON where JSON is said; the numbers do not matter, and big ones are slow to read.
            check_depth(json.loads(text, parse_int=str, parse_float=_finite_text, parse_constant=_finite_text))
    return text.encode()


def _finite_text(text: str) -> str:
    if not math.isfinite(float(text)):
        raise ValueError(text)
    return text


def _status(status: Any) -> int:
    if type(status) is not int or not 200 <= status <= 599:
        raise ValueError(status)
    return status


def _explain_crash(reason: str) -> str:
    """The engine's word for it, put into a sentence."""
    if "stack exhausted" in reason:
        return "The code recursed deeper than the sandbox's stack allows."
    if "unreachable" in reason:
        return "The interpreter aborted (os.abort, a fatal error inside it, or memory that ran out)."
    return f"The sandbox stopped: {reason}."
