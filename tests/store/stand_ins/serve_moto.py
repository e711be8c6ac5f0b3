"""Serves moto on a free port of the loopback, which it prints, until standard input ends.

moto is not made for several threads: of two that write under a condition, both may win. So they take turns. And it
fails where a filter compares values of two types, which is just not met (AWS: "Comparison operator and function
reference"). And for each action of a transaction it copies the whole table, where one copy for all of them will do.
"""

import copy
import logging
import threading
from collections.abc import Callable, Iterable
from typing import Any
from unittest.mock import patch

from moto.dynamodb import comparisons
from moto.dynamodb.models import DynamoDBBackend, Table
from moto.server import DomainDispatcherApplication, MotoRequestHandler, create_backend_app
from werkzeug.serving import make_server

from tests.store.stand_ins.ending import end_with_standard_input


class OneAtATime:
    """A WSGI application that answers each request as a whole before the next one."""

    def __init__(self, application: Any) -> None:
        self._application = application
        self._lock = threading.Lock()

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        with self._lock:
            answer = self._application(environ, start_response)
            try:
                return [b"".join(answer)]
            finally:
                getattr(answer, "close", lambda: None)()


def comparing(meets: Callable[[Any, Any], bool]) -> Callable[[Any, Any], bool]:
    def expr(comparison: Any, item: Any) -> bool:
        try:
            return meets(comparison, item)
        except TypeError:
            return False

    return expr


def compare_any_types() -> None:
    """Have a comparison of values of two types not hold, instead of failing."""
    for name in ("OpLessThan", "OpLessThanOrEqual", "OpGreaterThan", "OpGreaterThanOrEqual"):
        comparison: Any = getattr(comparisons, name)
        comparison.expr = comparing(comparison.expr)


def copy_once() -> None:
    """Have a transaction copy its tables once: it takes all its copies before it changes anything."""
    transact = DynamoDBBackend.transact_write_items

    def transact_write_items(backend: DynamoDBBackend, actions: list[dict[str, Any]]) -> None:
        copies: dict[int, Table] = {}

        def copied(table: Table, memo: dict[int, Any]) -> Table:
            if id(table) not in copies:
                copies[id(table)] = made = Table.__new__(Table)
                vars(made).update(copy.deepcopy(vars(table), memo))
            return copies[id(table)]

        with patch.object(Table, "__deepcopy__", copied, create=True):
            transact(backend, actions)

    DynamoDBBackend.transact_write_items = transact_write_items


class Handler(MotoRequestHandler):
    protocol_version = "HTTP/1.1"  # connections are kept, as by AWS


def main() -> None:
    end_with_standard_input()
    compare_any_types()
    copy_once()
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    application = OneAtATime(DomainDispatcherApplication(create_backend_app))
    server = make_server("127.0.0.1", 0, application, threaded=True, request_handler=Handler)
    print(server.server_port, flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
