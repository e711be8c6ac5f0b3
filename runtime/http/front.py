"""The one way in: the event of a Lambda function URL, and the answer to it."""

import logging
from collections.abc import Callable, Mapping
from typing import Any

from runtime.apps.service import Apps
from runtime.budget import Budget
from runtime.cloudcode.functions import Functions
from runtime.cloudcode.redacted_data import RedactedData
from runtime.errors import ReliveError
from runtime.http.answer import Answer, headers_of_all
from runtime.http.authentication import Authentication
from runtime.http.cors import preflight
from runtime.http.data import DataResource
from runtime.http.error_answer import error_answer, refusal
from runtime.http.functions import FunctionsResource
from runtime.http.health import add_health
from runtime.http.master_key import MasterKey
from runtime.http.request import HttpRequest, read_event
from runtime.http.router import Exchange, Router
from runtime.settings import Settings

logger = logging.getLogger(__name__)

IncomingDepth = Callable[[Mapping[str, str]], int]
"""How deep in calls of user code a request comes from, by its headers; 0 if they do not prove it."""


class Front:
    """Answers every request. `handle` may run in many threads at once, and within itself."""

    def __init__(
        self,
        apps: Apps,
        functions: Functions,
        data: RedactedData,
        settings: Settings,
        master_key: MasterKey,
        incoming_depth: IncomingDepth,
    ) -> None:
        self._settings = settings
        self._incoming_depth = incoming_depth
        self._authentication = authentication = Authentication(master_key)
        self._router = Router()
        add_health(self._router)
        FunctionsResource(apps, functions, authentication, domain_per_app=settings.domain_per_app).add_to(self._router)
        DataResource(apps, data, authentication, settings).add_to(self._router)

    def handle(
        self, event: Mapping[str, Any], request_id: str, budget: Budget | None = None, *, waited: float = 0
    ) -> dict[str, Any]:
        """Answer an event of payload format 2.0 with `statusCode`, `headers`, `body` and `isBase64Encoded`.

        `budget` is that of the request which this one is part of, when user code calls its own API; without one, a new
        request starts here, of whose time `waited` seconds have passed. Raises nothing.
        """
        try:
            request = read_event(event, request_id, self._settings.public_url)
            return self._answer(Exchange(request, budget or self._start(request, waited))).to_lambda()
        except Exception:
            logger.exception("Request %s failed outside the router", request_id)
            return refusal(ReliveError(1), request_id)

    def _start(self, request: HttpRequest, waited: float) -> Budget:
        depth = self._incoming_depth(request.headers)
        return Budget.start(self._settings, request_id=request.request_id, depth=depth, waited=waited)

    def _answer(self, exchange: Exchange) -> Answer:
        """HEAD is answered like GET, without the body; OPTIONS is a preflight on every path."""
        request = exchange.request
        answer = preflight(request) if request.method == "OPTIONS" else self._operated(exchange)
        headers = {**answer.headers, **headers_of_all(request.request_id)}
        return Answer(answer.status, headers, "" if request.method == "HEAD" else answer.body)

    def _operated(self, exchange: Exchange) -> Answer:
        request, deadline = exchange.request, exchange.budget.deadline
        try:
            answer = self._router.serve(exchange)
            if deadline.expired:  # the whole request has one; an error that came first says more than 650 would
                reads = request.method in ("GET", "HEAD")
                raise ReliveError(650, "" if reads else "What it has written by then stays.")
        except Exception as error:
            is_master = self._authentication.is_master(request)
            return error_answer(error, request.request_id, for_master=is_master, timed_out=deadline.expired)
        return answer
