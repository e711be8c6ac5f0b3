"""GET /health: that the deployment answers."""

from runtime.http.answer import Answer, json_answer
from runtime.http.router import Exchange, Router


def add_health(router: Router) -> None:
    router.add("/health", ("GET", "HEAD"), _health)


def _health(_: Exchange) -> Answer:
    return json_answer(200, {"status": "ok"})
