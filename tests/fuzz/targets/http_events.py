"""The event of a function's URL, as JSON: whatever is in it or missing, there is an answer, and never an unexpected one."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.fuzz.answers import check_answer
from tests.fuzz.complaints import complaints
from tests.fuzz.library import is_for_function, library
from tests.fuzz.mutating.text import text_mutator
from tests.fuzz.target import Attempt, Target

TOKENS = (
    "version", "2.0", "1.0", "rawPath", "rawQueryString", "headers", "cookies", "requestContext", "http", "method", "path",
    "domainName", "body", "isBase64Encoded", "GET", "POST", "PUT", "DELETE", "HEAD", "OPTIONS", "PATCH", "get", "TRACE",
    "content-type", "application/json", "application/x-www-form-urlencoded", "text/plain; charset=utf-16", "content-encoding",
    "gzip", "multipart/form-data; boundary=x", "authorization", "MasterKey front-master-key", "Bearer x", "x-everlive-filter",
    "x-everlive-custom-parameters", "x-relive-depth", "x-forwarded-proto", "access-control-request-headers", "cookie", "/v1",
    "/v1/front/Functions/echo", "/v1/front/Functions/answer", "/v1/library/Book", "/v1/library/Book/b1", "/v1/health", "//",
    "/v1/library/Book/_count", "/v2/library/Book", "eyJhIjogMX0=", "H4sIAAAAAAAA", "%2F", "%00", "%ff", "..", "a=b&a=c", "&",
    "access_token=x", "filter={}", "é", "Ã©", "\ud83d",
)  # fmt: skip


@contextmanager
def opened(folder: Path) -> Iterator[Attempt]:
    with library(folder) as served, complaints() as complained:

        def attempt(data: bytes) -> None:
            try:
                event = json.loads(data)
            except (ValueError, RecursionError):
                return
            if not isinstance(event, dict):
                return  # Lambda hands over an object for a request by URL
            answer = served.handle(event)
            complained.check()
            check_answer(answer, by_user_code=is_for_function(event))
            if answer["statusCode"] in (200, 201) and _writes(event):
                served.tidy()

        yield attempt


def _writes(event: dict[str, object]) -> bool:
    context = event.get("requestContext")
    http = context.get("http") if isinstance(context, dict) else None
    method = http.get("method") if isinstance(http, dict) else None
    return str(method).upper() not in ("GET", "HEAD", "OPTIONS")


TARGET = Target("http-events", opened, text_mutator(TOKENS), TOKENS, share=2)
