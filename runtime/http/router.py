"""Which operation a request is for, by its method and its path."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from urllib.parse import unquote

from runtime.budget import Budget
from runtime.errors import ReliveError
from runtime.http.answer import Answer
from runtime.http.error_answer import MethodNotAllowedError
from runtime.http.request import VERSION, HttpRequest

SEGMENT = re.compile(r"<(\w+)>")


@dataclass(frozen=True)
class Exchange:
    """A request and what it may use up: what every operation gets."""

    request: HttpRequest
    budget: Budget


Operation = Callable[..., Answer]
"""Called with the exchange, and with the parts of the path that the resource names as keyword arguments."""


class Router:
    """Finds the operation for a request. Has no state but what was added, so it serves any number at once."""

    def __init__(self) -> None:
        self._resources: list[tuple[re.Pattern[str], Sequence[str], Operation]] = []

    def add(self, path: str, methods: Sequence[str], operation: Operation) -> None:
        """Serve a path. `<name>` in it stands for a segment of any content; fixed segments match in any case.

        Of two paths that fit, the one that was added first is taken.
        """
        rule = "/".join(part if part.startswith("<") else f"(?i:{part})" for part in path.split("/"))
        pattern = re.compile(SEGMENT.sub(r"(?P<\1>[^/]+)", rule))
        self._resources.append((pattern, methods, operation))

    def serve(self, exchange: Exchange) -> Answer:
        """What the operation answers. Raises ReliveError: what it raises, or 605, 602 or 600 if there is none."""
        request = exchange.request
        for pattern, methods, operation in self._resources:
            if request.method in methods and (match := pattern.fullmatch(request.path)):
                segments = {name: unquote(segment) for name, segment in match.groupdict().items()}
                return operation(exchange, **segments)
        raise self._refusal(request)

    def _refusal(self, request: HttpRequest) -> ReliveError:
        for pattern, methods, _ in self._resources:
            if pattern.fullmatch(request.path):
                return MethodNotAllowedError([*methods, "OPTIONS"])
        if request.version != VERSION:
            return ReliveError(605, f"Paths begin with /{VERSION}/ and the id of an app.")
        return ReliveError(600)
