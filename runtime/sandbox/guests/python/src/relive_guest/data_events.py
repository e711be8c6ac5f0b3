"""The events of content types: which of them a file handles, and how its handlers are run."""

import inspect
import json
from typing import Any

from cloud.errors import CloudError
from relive_guest import cancellation, data_answers, logging
from relive_guest.affected_items import AffectedItems
from relive_guest.data_request import DataRequest
from relive_guest.data_response import DataResponse
from relive_guest.definition import Definition, NoHandler
from relive_guest.loop import HandlerLoop
from relive_guest.pending import value_of
from relive_guest.running import Handler

OPERATIONS = ("create", "read", "update", "delete", "aggregate")

EVENTS = tuple(f"{when}_{operation}" for when in ("before", "after") for operation in OPERATIONS)

ITEM_FORMS = {"before_create": "before_create_item", "after_create": "after_create_item"}
"""Handlers that are called for each item of a create, after that of the event itself."""


def handlers_in(definition: Definition) -> str:
    """The names of the handlers that the file defines, as JSON behind a line about it."""
    names = [name for name in (*EVENTS, *ITEM_FORMS.values()) if definition.find(name) is not None]
    return json.dumps({"ending": "answered", "kind": "handlers"}) + "\n" + json.dumps(names)


def run(definition: Definition, event: dict[str, Any], loop: HandlerLoop) -> str:
    """Run the handlers of an event, and answer what they have left behind.

    Raises NoHandler, NotAnAnswer, and whatever a handler fails with.
    """
    name: str = event["handler"]
    whole, each = _find(definition, name, loop), _find(definition, ITEM_FORMS.get(name), loop)
    if whole is None and each is None:
        raise NoHandler(f"{definition.entry} does not define the function {name}.")
    return (_before if name.startswith("before_") else _after)(whole, each, event)


class EventHandler:
    """A handler of an event, by its name. What it returns means nothing, which the log says once."""

    def __init__(self, name: str, handler: Handler) -> None:
        self._name = name
        self._handler = handler
        self._has_warned = False

    def run(self, *offered: Any) -> None:
        """Raises NoHandler for a generator, of which not a line has run: a check in it would check nothing."""
        result = self._handler.run(*offered)
        if inspect.isgenerator(result) or inspect.isasyncgen(result):
            raise NoHandler(f"{self._name} has a yield, which makes it a generator: nothing of it has run.")
        if result is not None and not self._has_warned:
            self._has_warned = True
            advice = f"Change {self._what_counts()}, or call request.answer."
            logging.write("warning", f"{self._name} returned a value, which is not used. {advice}")

    def run_for_item(self, index: int, count: int, *offered: Any) -> None:
        """As `run`; if it ends the request at one of many items, the log says at which."""
        try:
            self.run(*offered)
        except BaseException:
            if count > 1:
                logging.write("info", f"{self._name} ended the request at item {index + 1} of {count}.")
            raise

    def _what_counts(self) -> str:
        if self._name.startswith("after_"):
            return "response.result"
        return "request.data" if "_create" in self._name or "_update" in self._name else "request.filter"


def _find(definition: Definition, name: str | None, loop: HandlerLoop) -> EventHandler | None:
    function = definition.find(name) if name else None
    return EventHandler(name, Handler(function, loop)) if name and function else None


def _before(whole: EventHandler | None, each: EventHandler | None, event: dict[str, Any]) -> str:
    request, context = DataRequest(event["request"], AffectedItems().ask), event["context"]
    if whole is not None:
        whole.run(request, context)
    if each is not None and not _is_decided(request):
        _before_items(each, request, context)
    return data_answers.before(request, context)


def _before_items(form: EventHandler, request: DataRequest, context: dict[str, Any]) -> None:
    """Run the form for items with each of them in the place of the request's data."""
    data = value_of(request.data)
    items = _as_items(data)
    for index, item in enumerate(items):
        if isinstance(item, (str, int, float, list, tuple, type(None))):
            continue  # no item; the operation says so
        request.data = item
        form.run_for_item(index, len(items), request, context)
        items[index] = request.data
        if _is_decided(request):
            break
    request.data = items if _is_many(data) else items[0]


def _is_decided(request: DataRequest) -> bool:
    """Whether a handler has ended the matter, so that no other is run."""
    return request._answer is not None or cancellation.cancelled() is not None


def _after(whole: EventHandler | None, each: EventHandler | None, event: dict[str, Any]) -> str:
    told, context = event["response"], event["context"]
    error = CloudError(**told["error"], status=told["status_code"]) if told["error"] else None
    response = DataResponse(told, error)
    request = DataRequest(event["request"], AffectedItems().ask, response)
    items, results = _as_items(request.data), _as_items(response.result)
    ids = _ids_in(results)
    if whole is not None:
        whole.run(request, response, context)
    if each is not None and response.success:
        answered = response.result = value_of(response.result)
        is_for_items = _ids_in(_as_items(answered)) == ids
        results = _as_items(answered) if is_for_items else results
        _after_items(each, request, response, context, items, results)
        # Of an answer that `after_create` has made up the form for items has no part to change.
        response.result = answered if not is_for_items else results if _is_many(answered) else results[0]
    return data_answers.after(response, context)


def _after_items(
    form: EventHandler,
    request: DataRequest,
    response: DataResponse,
    context: dict[str, Any],
    items: list[Any],
    results: list[Any],
) -> None:
    """Run the form for items with each item, and its part of the result, in their places."""
    for index, (item, result) in enumerate(zip(items, results, strict=False)):
        request.data, response.result = item, result
        form.run_for_item(index, len(items), request, response, context)
        results[index] = response.result


def _ids_in(results: list[Any]) -> list[Any]:
    return [result.get("Id") if isinstance(result, dict) else None for result in results]


def _is_many(data: Any) -> bool:
    return isinstance(data, (list, tuple))


def _as_items(data: Any) -> list[Any]:
    return list(data) if _is_many(data) else [data]
