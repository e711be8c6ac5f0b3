"""Runs the handlers of content types, `types/NAME.py`, around operations on their items (cloud code section 2)."""

import threading
from typing import Any

from runtime.apps.app import App
from runtime.budget import Budget
from runtime.cloudcode.call_log import CallLog
from runtime.cloudcode.endings import malformed_answer
from runtime.cloudcode.event_hook import EventHook
from runtime.cloudcode.told import read_told
from runtime.cloudcode.user_code import Call, Handler, UserCode
from runtime.data.hooks import Hook
from runtime.data.request import DataRequest

NAMES_OF_HANDLERS = ":handlers"
"""What the guest is asked for to learn which handlers a file defines."""


class Events:
    """The `Hooks` of the data service.

    Which handlers a file defines is asked once for each version of an app; a type without the handler costs nothing
    more (cloud code section 2.1: only registered handlers may add latency).
    """

    def __init__(self, user_code: UserCode) -> None:
        self._user_code = user_code
        self._known: dict[tuple[str, str], tuple[str, frozenset[str]]] = {}
        self._lock = threading.Lock()

    def around(self, request: DataRequest, budget: Budget) -> Hook | None:
        """Raises ReliveError if the file cannot be loaded: 951, 901, 902; and 955."""
        if request.app.type_path(request.type) not in request.app.code:
            return None
        handlers = self._handlers(request, budget)
        hook = EventHook(self._user_code, handlers, request, budget)
        return hook if hook.has_before or hook.has_after else None

    def _handlers(self, request: DataRequest, budget: Budget) -> frozenset[str]:
        key, version = (request.app.id, request.type), request.app.version
        with self._lock:
            known = self._known.get(key)
        if known is not None and known[0] == version:
            return known[1]
        handlers = self._ask(request.app, request, budget)
        with self._lock:
            self._known[key] = (version, handlers)
        return handlers

    def _ask(self, app: App, request: DataRequest, budget: Budget) -> frozenset[str]:
        unit = f"types/{request.type}"
        handler = Handler(app.type_path(request.type), NAMES_OF_HANDLERS, unit, unit, step=unit)
        return self._user_code.ask(Call(app, handler, request.principal, request.api_url, budget), {}, _names)


def _names(_head: dict[str, Any], body: str, _log: CallLog) -> frozenset[str]:
    """What the guest tells. It is not trusted."""
    try:
        told = read_told(body)
    except ValueError:
        raise malformed_answer() from None
    if not isinstance(told, list):
        raise malformed_answer()
    return frozenset(name for name in told if isinstance(name, str))
