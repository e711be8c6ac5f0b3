"""The payload of a direct invoke, which may be any JSON: it is answered, or fails the invocation if it asks for that."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from runtime.http.direct_invoke import DirectInvoke, InvocationFailed
from tests.fuzz.answers import strict_json
from tests.fuzz.complaints import complaints
from tests.fuzz.library import library
from tests.fuzz.mutating.text import text_mutator
from tests.fuzz.target import Attempt, BrokenPromise, Target

TOKENS = ("app", "function", "data", "raise", "front", "library", "echo", "answer", "fail", "editors", "body", "bytes", "status",
          "headers", "X-A", "content-type", "text/plain")  # fmt: skip


@contextmanager
def opened(folder: Path) -> Iterator[Attempt]:
    with library(folder) as served, complaints() as complained:
        application = served.application
        direct_invoke = DirectInvoke(application.apps, application.functions, application.settings)

        def attempt(data: bytes) -> None:
            try:
                event = json.loads(data)
            except (ValueError, RecursionError):
                return
            try:
                answer = direct_invoke.handle(event, "request-1")
            except InvocationFailed as failed:
                _check_failed(event, failed)
            else:
                _check(answer)
            complained.check()

        yield attempt


def _check_failed(event: object, failed: InvocationFailed) -> None:
    if not isinstance(event, dict) or event.get("raise") is not True:
        raise BrokenPromise("an invocation failed that did not ask for it") from failed


def _check(answer: dict[str, Any]) -> None:
    """What the function made up may be anything that JSON can say; what the system says of itself is heard elsewhere."""
    if not {"statusCode", "body"} <= set(answer) <= {"statusCode", "body", "isBase64Encoded"}:
        raise BrokenPromise(f"answered {answer}")
    if type(answer["statusCode"]) is not int or not 200 <= answer["statusCode"] <= 599:
        raise BrokenPromise(f"answered {answer}")
    strict_json(json.dumps(answer))


TARGET = Target("direct-invocations", opened, text_mutator(TOKENS), TOKENS)
