"""Apps with a content type and handlers, and operations on its items as the front makes them."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from runtime.application import Application
from runtime.apps.app import App
from runtime.apps.definition import AppDefinition
from runtime.data.content_type import ContentType
from runtime.deadline import Deadline
from runtime.query.filter import Filter
from runtime.store.documents import Query
from tests.cloudcode.calling import MASTER, budget_of
from tests.function_url import Answer, make_event, read_answer

MakeApplication = Callable[..., Application]

BOOK: Mapping[str, Any] = {
    "policy": "public",
    "fields": {"Title": {"type": "text"}, "Isbn": {"type": "text", "unique": True}},
}


def app_with(files: Mapping[str, str], *, id: str = "app", **types: Any) -> App:
    """An app with the type Book, and others by their names; functions are those that there are files for."""
    functions = {path[len("functions/") : -3]: {} for path in files if path.startswith("functions/")}
    definition = {"app": {"id": id, "title": "App"}, "types": {"Book": BOOK, **types}, "functions": functions}
    return App(AppDefinition.model_validate(definition), dict(files))


@dataclass(frozen=True)
class Items:
    """Requests for items of one app of an application."""

    application: Application
    app: str = "app"

    def send(
        self,
        method: str,
        path: str,
        data: Any = None,
        *,
        headers: Mapping[str, str] | None = None,
        seconds: float | None = None,
    ) -> Answer:
        """Send a request; `path` is relative to the app. It has the time of the settings, or `seconds`."""
        sent = {"content-type": "application/json", **(headers or {})}
        body = None if data is None else json.dumps(data)
        event = make_event(method, f"/v1/{self.app}/{path}", sent, body)
        return read_answer(self.application.handle(event, "request-1", budget_of(self.application, seconds)))

    def create(self, data: Any, type_name: str = "Book") -> Any:
        """Create as master and give the result."""
        answer = self.send("POST", type_name, data, headers=MASTER)
        assert answer.status == 201, answer.json
        return answer.json["Result"]

    def stored(self, type_name: str = "Book", field: str = "Title") -> list[Any]:
        """The values of a field that are stored, past all handlers, in the order of creation."""
        collection = ContentType.of(self.application.apps.get(self.app), type_name).collection
        found = self.application.documents.find(collection, Query(Filter.parse(None)), Deadline.after(30))
        return [document.value.get(field) for document in found]

    def fired(self) -> list[str]:
        """The handlers that were called, in the order in which they ended."""
        kept = self.application.logs.page(self.app, limit=100)
        return [record.record.function.removeprefix("types/") for record in reversed(kept)]


MakeBooks = Callable[..., Items]
