"""Powertools' router, made fit for several requests at once."""

import copy
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from aws_lambda_powertools.event_handler import LambdaFunctionUrlResolver, Request, Response
from aws_lambda_powertools.utilities.data_classes import LambdaFunctionUrlEvent

from runtime.budget import Budget
from runtime.errors import ReliveError
from runtime.http.error_answer import MethodNotAllowedError
from runtime.http.request import VERSION, HttpRequest


@dataclass(frozen=True)
class Exchange:
    """A request and what it may use up: what every operation gets."""

    request: HttpRequest
    budget: Budget


Operation = Callable[..., Response[Any]]
"""Called with the exchange, and with the parts of the path that the resource names as keyword arguments."""


class Router(LambdaFunctionUrlResolver):
    """Finds the operation for a request.

    Powertools keeps the event of the request being served in one variable for the whole process, which is right in
    Lambda and mixes requests up where several run at once. Here each request is served by a shallow copy of the
    router: the routes are shared, and what belongs to the request is set on the copy, where it hides what is shared.
    """

    def __init__(self) -> None:
        super().__init__()
        self._resources: list[tuple[re.Pattern[str], Sequence[str]]] = []
        self.not_found(_nothing_found)

    def add(self, path: str, methods: Sequence[str], operation: Operation) -> None:
        """Serve a path. `<name>` in it stands for a segment of any content; fixed segments match in any case.

        Of two paths that fit, the one that was added first is taken.
        """

        def run(call: Request, **segments: str) -> Response[Any]:
            decoded = {name: unquote(segment) for name, segment in segments.items()}
            return operation(call.context["exchange"], **decoded)

        rule = "/".join(part if part.startswith("<") else f"(?i:{part})" for part in path.split("/"))
        self.route(rule, method=list(methods))(run)
        self._resources.append((self._compile_regex(rule), methods))

    def prepare(self) -> None:
        """Call once, when everything is added.

        Powertools wraps a route in the middlewares at its first request; two first requests at once would wrap it
        twice.
        """
        for route in (*self._static_routes, *self._dynamic_routes):
            route._build_middleware_stack(self._router_middlewares, self)

    def serve(self, exchange: Exchange) -> dict[str, Any]:
        """The answer to a request, in the form that Lambda sends."""
        request = exchange.request
        event = {
            "version": "2.0",
            "rawPath": request.path,
            "rawQueryString": "",
            "headers": {},
            "requestContext": {"http": {"method": request.method}, "stage": "$default"},
        }
        router = copy.copy(self)
        router.current_event = LambdaFunctionUrlEvent(event)
        router.context = {"exchange": exchange}
        router.processed_stack_frames = []
        return super(Router, router).resolve(event, None)  # type: ignore[arg-type]

    def refusal(self, request: HttpRequest) -> ReliveError:
        """Why there is no operation for a request: 605, 602 or 600."""
        for pattern, methods in self._resources:
            if pattern.match(request.path):
                return MethodNotAllowedError([*methods, "OPTIONS"])
        if request.version != VERSION:
            return ReliveError(605, f"Paths begin with /{VERSION}/ and the id of an app.")
        return ReliveError(600)


class NothingFoundError(Exception):
    """No route fits the request."""


def _nothing_found(_: Exception) -> Response[Any]:
    raise NothingFoundError
