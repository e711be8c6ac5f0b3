"""The body of a request, as the value that its Content-Type says it is."""

import zlib
from typing import Any
from urllib.parse import parse_qs

from runtime.errors import ReliveError
from runtime.http.content_type import ContentType, Kind
from runtime.http.json_text import JsonTextError, parse_json
from runtime.http.request import HttpRequest

BODY_BYTES = 6 * 1024 * 1024
"""How large a body may be (AWS limit: 6 MB for a request to a function's URL)."""

FORM_FIELDS = 10_000
_GZIP = 16 + zlib.MAX_WBITS


def read_body(request: HttpRequest) -> Any:
    """The body as a value: what JSON says, a dict of a form, a str of a text, bytes of anything else.

    In a form, the value of a field is a string, and a list of strings if the field is repeated. An empty body is None,
    whatever the Content-Type: the old JavaScript client sends one with every request (protocol section 1.1).
    Raises ReliveError 601 for a body that is too large or encoded in a way we do not know, 610 for a missing or
    unreadable Content-Type, 615 for a body that is not what its Content-Type says.
    """
    if len(request.body) > BODY_BYTES:
        raise body_too_large()
    if not request.body:
        return None
    content_type = ContentType.parse(request.headers.get("content-type"))
    body = _decompress(request.body, request.headers.get("content-encoding", ""))
    if content_type.kind is Kind.BINARY:
        return body
    text = _decode(body, content_type.charset)
    if content_type.kind is Kind.JSON:
        return _json(text)
    if content_type.kind is Kind.FORM:
        return _form(text)
    return text


def read_json_body(request: HttpRequest) -> Any:
    """The body of a request that takes JSON and nothing else: any JSON value.

    Raises ReliveError 615 if there is no body, 613 for a Content-Type other than JSON, and as `read_body` does.
    """
    if not request.body:
        raise ReliveError(615, "There is none; send JSON.")
    content_type = ContentType.parse(request.headers.get("content-type"))
    if content_type.kind is not Kind.JSON:
        raise ReliveError(613, f"Send the body as application/json, not as {content_type.media_type}.")
    return read_body(request)


def body_too_large() -> ReliveError:
    return ReliveError(601, f"The body is larger than {BODY_BYTES // 1024 // 1024} MB.")


def _decompress(body: bytes, encoding: str) -> bytes:
    """The JavaScript client compresses bodies when it is told to (protocol section 1.1)."""
    if encoding.strip().lower() in ("", "identity"):
        return body
    if encoding.strip().lower() != "gzip":
        raise ReliveError(601, f"The Content-Encoding {encoding} is not supported; use gzip or none.")
    unzip = zlib.decompressobj(wbits=_GZIP)
    try:
        plain = unzip.decompress(body, BODY_BYTES + 1)
    except zlib.error:
        raise ReliveError(615, "The body is not gzip, as its Content-Encoding says.") from None
    if len(plain) > BODY_BYTES:
        raise body_too_large()
    if not unzip.eof:
        raise ReliveError(615, "The gzip body ends too early.")
    return plain


def _decode(body: bytes, charset: str) -> str:
    try:
        return body.decode("utf-8-sig" if charset == "utf-8" else charset)
    except UnicodeDecodeError as error:
        raise ReliveError(615, f"The body is not {charset} text: byte {error.start + 1} cannot be read.") from None


def _json(text: str) -> Any:
    try:
        return parse_json(text)
    except JsonTextError as error:
        raise ReliveError(615, str(error)) from None


def _form(text: str) -> dict[str, str | list[str]]:
    try:
        fields = parse_qs(text.strip(), keep_blank_values=True, max_num_fields=FORM_FIELDS)
    except ValueError:
        raise ReliveError(615, f"The form has more than {FORM_FIELDS} fields.") from None
    return {name: values[0] if len(values) == 1 else values for name, values in fields.items()}
