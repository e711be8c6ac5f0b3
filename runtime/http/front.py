"""The one way in: the event of a Lambda function URL, and the answer to it."""

import logging
from collections.abc import Callable, Mapping
from typing import Any

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.middlewares import NextMiddleware

from runtime.apps.service import Apps
from runtime.budget import Budget
from runtime.cloudcode.functions import Functions
from runtime.cloudcode.redacted_data import RedactedData
from runtime.errors import ReliveError
from runtime.http.answer import headers_of_all
from runtime.http.authentication import Authentication
from runtime.http.cors import preflight
from runtime.http.data import DataResource
from runtime.http.error_answer import error_answer, refusal
from runtime.http.functions import FunctionsResource
from runtime.http.health import add_health
from runtime.http.request import HttpRequest, read_event
from runtime.http.router import Exchange, NothingFoundError, Router
from runtime.settings import Settings

logger = logging.getLogger(__name__)

IncomingDepth = Callable[[Mapping[str, str]], int]
"""How deep in calls of user code a request comes from, by its headers; 0 if they do not prove it."""

Middleware = Callable[[Any, NextMiddleware], Response[Any]]


class Front:
    """Answers every request. `handle` may run in many threads at once, and within itself."""

    def __init__(
        self,
        apps: Apps,
        functions: Functions,
        data: RedactedData,
        settings: Settings,
        master_key: str,
        incoming_depth: IncomingDepth,
    ) -> None:
        self._settings = settings
        self._incoming_depth = incoming_depth
        authentication = Authentication(master_key)
        self._router = Router()
        self._router.use([_complete, _preflights, _errors(authentication, self._router), _in_time])
        add_health(self._router)
        FunctionsResource(apps, functions, authentication, domain_per_app=settings.domain_per_app).add_to(self._router)
        DataResource(apps, data, authentication, settings).add_to(self._router)
        self._router.prepare()

    def handle(self, event: Mapping[str, Any], request_id: str, budget: Budget | None = None) -> dict[str, Any]:
        """Answer an event of payload format 2.0 with `statusCode`, `headers`, `body` and `isBase64Encoded`.

        `budget` is that of the request which this one is part of, when user code calls its own API; without one, a new
        request starts here. Raises nothing.
        """
        try:
            request = read_event(event, request_id, self._settings.public_url)
            return self._router.serve(Exchange(request, budget or self._start(request)))
        except Exception:
            logger.exception("Request %s failed outside the router", request_id)
            return refusal(ReliveError(1), request_id)

    def _start(self, request: HttpRequest) -> Budget:
        return Budget.start(
            self._settings.budget_seconds,
            self._settings.host_calls,
            self._settings.depth,
            request_id=request.request_id,
            depth=self._incoming_depth(request.headers),
        )


# The middlewares, outermost first. They are plain functions: Powertools looks at the signature of anything else anew
# for each request.


def _complete(app: Router, next_middleware: NextMiddleware) -> Response[Any]:
    """HEAD is answered like GET, without the body."""
    request = _exchange(app).request
    response = next_middleware(app)
    response.headers.update(headers_of_all(request.request_id))
    if request.method == "HEAD":
        response.body = ""
    return response


def _preflights(app: Router, next_middleware: NextMiddleware) -> Response[Any]:
    request = _exchange(app).request
    return preflight(request) if request.method == "OPTIONS" else next_middleware(app)


def _errors(authentication: Authentication, router: Router) -> Middleware:
    def errors(app: Router, next_middleware: NextMiddleware) -> Response[Any]:
        exchange = _exchange(app)
        try:
            return next_middleware(app)
        except Exception as exception:
            error = router.refusal(exchange.request) if isinstance(exception, NothingFoundError) else exception
            return error_answer(
                error,
                exchange.request.request_id,
                for_master=authentication.is_master(exchange.request),
                timed_out=exchange.budget.deadline.expired,
            )

    return errors


def _in_time(app: Router, next_middleware: NextMiddleware) -> Response[Any]:
    """The whole request has one deadline. An error that came first says more than 650 would."""
    exchange = _exchange(app)
    response = next_middleware(app)
    if exchange.budget.deadline.expired:
        reads = exchange.request.method in ("GET", "HEAD")
        raise ReliveError(650, "" if reads else "What it has written by then stays.")
    return response


def _exchange(app: Router) -> Exchange:
    exchange: Exchange = app.context["exchange"]
    return exchange
