"""Turns what the handlers of a data event have left behind into text for the host."""

import json
import reprlib
from collections.abc import Mapping
from typing import Any

from relive_guest.answers import NotAnAnswer, checked_status
from relive_guest.data_request import CHANGEABLE, DataRequest
from relive_guest.data_response import DataResponse
from relive_guest.json_values import NotJson, to_json
from relive_guest.pending import value_of


def before(request: DataRequest, context: dict[str, Any]) -> str:
    """The request to go on with, or the answer in place of the operation. Raises NotAnAnswer."""
    changed = {f"request.{name}": getattr(request, name) for name in CHANGEABLE}
    return _encode("before", {**changed, "context": context, "answer": request._answer})


def after(response: DataResponse, context: dict[str, Any]) -> str:
    """What is answered. Raises NotAnAnswer."""
    additional = value_of(response.additional_data)
    if not isinstance(additional, Mapping):
        raise NotAnAnswer(f"response.additional_data is {reprlib.repr(additional)}; it must be a dict.")
    values = {
        "response.result": response.result,
        "response.status_code": checked_status(response.status_code),
        "response.additional_data": additional,
        "context": context,
    }
    return _encode("after", values)


def _encode(kind: str, values: dict[str, Any]) -> str:
    """`values` by the places that user code knows them by; the host knows them by the last part of that."""
    try:
        text = to_json({place.rpartition(".")[2]: value for place, value in values.items()})
    except NotJson:
        text = _complain(values)
    return json.dumps({"ending": "answered", "kind": kind}) + "\n" + text


def _complain(values: dict[str, Any]) -> str:
    """Say where the value is that JSON cannot say."""
    try:
        for place, value in values.items():
            to_json(value, place)
    except NotJson as exception:
        raise NotAnAnswer(str(exception)) from None
    raise NotAnAnswer("The request cannot be sent as JSON.")
