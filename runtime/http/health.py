"""GET /health: that the deployment answers."""

from typing import Any

from aws_lambda_powertools.event_handler import Response

from runtime.http.answer import json_answer
from runtime.http.router import Exchange, Router


def add_health(router: Router) -> None:
    router.add("/health", ("GET", "HEAD"), _health)


def _health(_: Exchange) -> Response[Any]:
    return json_answer(200, {"status": "ok"})
