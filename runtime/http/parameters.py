"""Request parameters that hold JSON, sent as a header or in the query string (protocol sections 1.1 and 3.8)."""

from typing import Any
from urllib.parse import unquote

from runtime.errors import ReliveError
from runtime.http.json_text import JsonTextError, parse_json
from runtime.http.request import HttpRequest

ABSENT = ("", "undefined", "null")
"""Texts by which clients say that there is no such parameter (protocol section 11)."""


def custom_parameters(request: HttpRequest) -> dict[str, Any]:
    """What the caller passes to cloud code beside the body. Raises ReliveError 614 if it is not a JSON object."""
    try:
        value = json_parameter(request, "x-everlive-custom-parameters", "customParameters")
    except JsonTextError as error:
        raise ReliveError(614, str(error)) from None
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise ReliveError(614, "They must be a JSON object.")
    return value


def json_parameter(request: HttpRequest, header: str, query_name: str) -> Any:
    """The value of a parameter, None if it is absent; the header wins. Raises JsonTextError.

    Clients send it as JSON or percent-encoded, and documentation shows both: it is read as it stands, and if that is
    not JSON, percent-decoded first.
    """
    text = request.headers.get(header, "").strip()
    if text in ABSENT:
        text = request.query.get(query_name, "").strip()
    if text in ABSENT:
        return None
    try:
        return parse_json(text)
    except JsonTextError:
        decoded = unquote(text)
        if decoded == text:
            raise
        return parse_json(decoded)
