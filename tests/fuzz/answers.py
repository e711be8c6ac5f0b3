"""What holds for every answer over HTTP, whatever was asked."""

import base64
import json
import math
import re
from collections.abc import Callable, Mapping
from typing import Any

from runtime.errors import CATALOGUE
from tests.fuzz.target import BrokenPromise

KEYS = {"statusCode", "headers", "body", "isBase64Encoded"}

_CODE = re.compile("-?[0-9]{1,9}")

IsUserError = Callable[[int, int], bool]
"""Whether user code may have made up an error of this code and status. The code is 0 if it is no number."""


def of_anyone(_: int, status: int) -> bool:
    """What user code makes by hand has any code at all."""
    return 400 <= status <= 599


def check_answer(
    answer: Mapping[str, Any], is_user_error: IsUserError = of_anyone, *, by_user_code: bool = False
) -> None:
    """Raises BrokenPromise for an answer that Lambda or a client could not read, and for an error nobody knows.

    What is `by_user_code` may be anything; everything else is JSON, or nothing.
    """
    _hold(KEYS <= set(answer) <= KEYS | {"cookies"}, f"keys of an answer: {sorted(answer)}")
    status, body = answer["statusCode"], _body(answer)
    _hold(type(status) is int and 200 <= status <= 599, f"status {status!r}")
    for name, value in answer["headers"].items():
        _hold(name.isascii() and name == name.lower(), f"the header {name!r}")
        _hold(isinstance(value, str) and value.isascii() and not set(value) & set("\r\n\0"), f"{name}: {value!r}")
    if body and not by_user_code:
        _hold(answer["headers"].get("content-type") == "application/json", f"no JSON: {answer['headers']}")
        _check_json(status, strict_json(body), is_user_error)


def strict_json(text: bytes | str) -> Any:
    """The value of what must be JSON as the standard has it."""
    try:
        return json.loads(text, parse_constant=_no_number, parse_float=_finite, parse_int=str)
    except ValueError as error:
        raise BrokenPromise(f"no JSON: {error}: {text[:200]!r}") from None


def _check_json(status: int, value: Any, is_user_error: IsUserError) -> None:
    # What has neither number nor text for a code is something that user code answers in place of an item.
    if not isinstance(value, dict) or "message" not in value or not isinstance(value.get("errorCode"), str):
        return
    code = int(value["errorCode"]) if _CODE.fullmatch(value["errorCode"]) else 0
    entry = CATALOGUE.get(code)
    known = code != 1 and entry is not None and entry.status == status
    _hold(known or is_user_error(code, status), f"status {status} with {value}")


def _body(answer: Mapping[str, Any]) -> bytes:
    body = answer["body"]
    _hold(isinstance(body, str), f"a body of {type(body).__name__}")
    _hold(type(answer["isBase64Encoded"]) is bool, "isBase64Encoded")
    try:
        return base64.b64decode(body, validate=True) if answer["isBase64Encoded"] else body.encode()
    except ValueError as error:
        raise BrokenPromise(f"a body that cannot be read: {error}") from None


def _no_number(name: str) -> Any:
    raise ValueError(f"{name} is no number")


def _finite(digits: str) -> str:
    if not math.isfinite(float(digits)):
        raise ValueError(f"{digits} is too large")
    return digits


def _hold(condition: bool, what: str) -> None:
    if not condition:
        raise BrokenPromise(what)
