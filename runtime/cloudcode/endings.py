"""What the end of a sandboxed call means: that user code answered, or the error with the right code."""

import json
from typing import Any

from runtime.cloudcode.told import read_told
from runtime.errors import ReliveError
from runtime.sandbox.endings import Crashed, Ending, Finished, NotDefined, TimedOut
from runtime.settings import Settings

MESSAGE_LIMIT = 10_000
"""Characters of an error's message."""

DETAILS_LIMIT = 64 * 1024
"""Characters of an error's details, as JSON."""


class Endings:
    """Reads the ending of a call by the limits in force."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def answered(self, ending: Ending, path: str) -> tuple[dict[str, Any], str]:
        """The head and the body of what the code in the file `path` answered.

        Raises ReliveError with 901, 902, 910, 951, or user code's own code.
        """
        match ending:
            case Finished(text):
                return self._finished(text)
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

    def _finished(self, text: str) -> tuple[dict[str, Any], str]:
        head_text, _, body = text.partition("\n")
        head = _read(head_text)
        if head.get("ending") != "answered":
            raise self._told_failure(head)
        return head, body

    def _told_failure(self, told: dict[str, Any]) -> ReliveError:
        """The error for what the guest tells. It is not trusted: whatever is odd about it is a 901."""
        details = _bounded(told.get("details"))
        match told:
            case {"ending": "cancelled", "message": str(message)}:
                return ReliveError.custom(910, 500, _cut(message)) if message else ReliveError(910)
            case {"ending": "error_set", "message": str(message), "code": int(code), "status": int(status)} if (
                type(code) is int and code > 0 and 400 <= status <= 599
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
        return malformed_answer()

    def _slow_definition(self, path: str) -> str:
        seconds = min(self._settings.definition_seconds, self._settings.budget_seconds)
        return f"Loading {path} took longer than {seconds:g} seconds."


def answer_failure(kind: str, message: str) -> ReliveError:
    """A 901 whose reason the caller may know: it is about the answer, not about the code."""
    return ReliveError(901, message, details={"type": kind, "message": message, "frames": []})


def malformed_answer() -> ReliveError:
    """For what no guest tells that user code has left alone."""
    return answer_failure("MalformedAnswer", "The answer does not have the form that the guest gives it.")


def _bounded(details: Any) -> dict[str, Any]:
    """Details of a size that an answer and a log line can hold."""
    if not isinstance(details, dict):
        return {}
    told: dict[str, Any] = details
    if "frames" in told:
        told = {**told, "frames": _frames(told["frames"])}
    if len(json.dumps(told)) <= DETAILS_LIMIT:
        return told
    return {"type": _cut(str(details.get("type"))), "message": _cut(str(details.get("message"))), "frames": []}


def _frames(told: Any) -> list[dict[str, Any]]:
    """Those of the frames that are some: what shows them must not stumble, or the call would not be shown at all."""
    frames = told if isinstance(told, list) else []
    return [frame for frame in frames if isinstance(frame, dict) and {"file", "line", "function"} <= set(frame)]


def _cut(message: str) -> str:
    """Messages are for people; and they must fit into the answer, whatever user code puts into them."""
    return message if len(message) <= MESSAGE_LIMIT else message[:MESSAGE_LIMIT] + "..."


def _read(text: str) -> dict[str, Any]:
    try:
        value = read_told(text)
    except ValueError:
        value = None
    return value if isinstance(value, dict) else {}


def _explain_crash(reason: str) -> str:
    """The engine's word for it, put into a sentence."""
    if "stack exhausted" in reason:
        return "The code recursed deeper than the sandbox's stack allows."
    if "unreachable" in reason:
        return "The interpreter aborted (os.abort, a fatal error inside it, or memory that ran out)."
    return f"The sandbox stopped: {reason}."
