"""Reads what a cloud function answered."""

import base64
import json
import math
from typing import Any

from runtime.cloudcode.answer_headers import InvalidHeader, clean_headers
from runtime.cloudcode.call_log import CallLog
from runtime.cloudcode.endings import answer_failure, malformed_answer
from runtime.cloudcode.function import FunctionAnswer
from runtime.cloudcode.told import check_depth
from runtime.data.serialised import ENVELOPE_BYTES
from runtime.settings import MEGABYTE, Settings

MOST_NAMES = 10


class FunctionAnswers:
    """Makes answers of what the guest tells, by the limits in force."""

    def __init__(self, settings: Settings) -> None:
        self._result_mb = settings.result_mb
        self._result_limit = int(settings.result_mb * MEGABYTE)

    def read(self, head: dict[str, Any], body: str, log: CallLog) -> FunctionAnswer:
        """The answer; headers that are left out of it are named in the log. Raises ReliveError 901."""
        self._check_size(len(body))  # before it is read: a small part of what the wire carries can be an answer
        try:
            headers, left_out = clean_headers(head["headers"], head["kind"])
            answer = FunctionAnswer(_status(head["status"]), headers, _body(head["kind"], body), head["kind"])
        except InvalidHeader as exception:
            raise answer_failure("InvalidHeader", str(exception)) from None
        except RecursionError:
            raise answer_failure("AnswerTooDeep", "The answer is nested too deeply.") from None
        except (KeyError, TypeError, ValueError, AttributeError):
            raise malformed_answer() from None
        self._check_size(self._size(answer))
        if left_out:
            names = ", ".join(left_out[:MOST_NAMES]) + (" and more" if len(left_out) > MOST_NAMES else "")
            log.add("warning", f"Headers that are the server's own were left out of the answer: {names}.")
        return answer

    def _size(self, answer: FunctionAnswer) -> int:
        """Bytes of the answer as it is serialised: base64 for bytes, and JSON once more around a text."""
        size = ENVELOPE_BYTES + sum(len(name) + len(value) + 6 for name, value in answer.headers.items())
        if answer.kind == "bytes":
            size += len(answer.body) * 4 // 3
        elif len(answer.body) * 6 + size > self._result_limit:  # escaped, a character takes six bytes at most
            size += len(json.dumps(answer.body.decode(), ensure_ascii=False).encode())
        return size

    def _check_size(self, size: int) -> None:
        if size > self._result_limit:
            raise answer_failure(
                "AnswerTooLarge",
                f"The answer is {size / MEGABYTE:.1f} MB serialised; the limit is {self._result_mb:g} MB.",
            )


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
