"""Events of a REST API (API Gateway, payload format 1.0), as those of a function's URL, which all else here knows.

Their answers have the same form. The format is that of AWS's "Lambda proxy integrations in API Gateway"; what it does
not say, such as where the stage and the base path of a domain are in the paths, is as the gateway does it.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import unquote, urlencode

VARIABLE = re.compile(r"\{(\w+)\+?\}")


def is_rest_api_event(event: Mapping[str, Any]) -> bool:
    """Whether it is one: the events of a function's URL have their method elsewhere."""
    return "httpMethod" in event


def as_function_url_event(event: Mapping[str, Any]) -> dict[str, Any]:
    """The same request as an event of payload format 2.0. Never raises: what the event lacks is missing.

    Its path begins where the API does. What clients have to write before it, the stage or a base path of the domain, is
    the event's `basePath`, which function URLs do not have.
    """
    context = _mapping(event.get("requestContext"))
    path, base_path = _paths(event, context)
    return {
        "version": "2.0",
        "rawPath": path,
        "rawQueryString": _query_string(event),
        "headers": _headers(event),
        "requestContext": {
            "domainName": context.get("domainName"),
            "http": {"method": event.get("httpMethod"), "path": path},
        },
        "body": event.get("body"),
        "isBase64Encoded": event.get("isBase64Encoded"),
        "basePath": base_path,
    }


def _paths(event: Mapping[str, Any], context: Mapping[str, Any]) -> tuple[str, str]:
    """The path inside the API and what is before it, both percent-encoded as they came.

    `path` begins with the base path of a domain's mapping, if there is one, and has no stage; `requestContext.path` is
    as the client wrote it, so with a stage at the gateway's own domain. Both end in what the resource stands for.
    """
    path = _segments(event.get("path"))
    resource = _text(event.get("resource"))
    inside = _filled_in(resource, _mapping(event.get("pathParameters")))
    # The longest end that fits: of two that do, the shorter one has lost a segment that only looks like a base path.
    starts = (start for start in range(len(path) + 1) if _same("/".join(path[start:]), inside))
    path = path[next(starts, 0) if resource else 0 :]
    whole = _segments(context.get("path"))
    before = whole[: len(whole) - len(path)] if whole[len(whole) - len(path) :] == path else []
    return "/" + "/".join(path), "".join(f"/{segment}" for segment in before)


def _segments(path: Any) -> list[str]:
    return _text(path).removesuffix("/").split("/")[1:]


def _filled_in(resource: str, variables: Mapping[str, Any]) -> str:
    """The path that a resource such as `/{proxy+}` stands for in this request, without its first slash."""
    return VARIABLE.sub(lambda name: _text(variables.get(name[1])), resource).removeprefix("/")


def _same(path: str, decoded: str) -> bool:
    """Variables of a path come decoded, the path does not. What becomes of slashes at their end is left open."""
    return decoded.rstrip("/") in (path.rstrip("/"), unquote(path).rstrip("/"))


def _query_string(event: Mapping[str, Any]) -> str:
    """The parameters come decoded; here they are encoded again, repeated ones one after the other."""
    pairs = _pairs(event, "multiValueQueryStringParameters", "queryStringParameters")
    return urlencode([(name, value.encode("utf-8", "replace")) for name, value in pairs])


def _headers(event: Mapping[str, Any]) -> dict[str, str]:
    """The headers by lower-case name; the values of a repeated one are joined as HTTP says (RFC 9110, section 5.3)."""
    headers: dict[str, str] = {}
    for name, value in _pairs(event, "multiValueHeaders", "headers"):
        lower = name.lower()
        separator = "; " if lower == "cookie" else ","
        headers[lower] = f"{headers[lower]}{separator}{value}" if lower in headers else value
    return headers


def _pairs(event: Mapping[str, Any], of_many: str, of_one: str) -> Iterator[tuple[str, str]]:
    """Names and values, from the map that has all of them, if there is one, or from that which has the last of each."""
    many = event.get(of_many)
    for name, values in _mapping(many if many else event.get(of_one)).items():
        for value in values if isinstance(values, Sequence) and not isinstance(values, str) else [values]:
            if isinstance(name, str) and isinstance(value, str):
                yield name, value


def _mapping(value: Any) -> Mapping[Any, Any]:
    return value if isinstance(value, Mapping) else {}


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""
