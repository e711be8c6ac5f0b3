"""/v1/{app}/{Type}: the items of a content type (protocol sections 3.1 to 3.5, and 3.13)."""

from collections.abc import Mapping
from typing import Any

from runtime.apps.names import RESERVED_TYPE_NAMES
from runtime.apps.service import Apps
from runtime.cloudcode.redacted_data import RedactedData
from runtime.data.request import Action, DataAnswer, DataRequest
from runtime.data.serialised import exceeds, too_large
from runtime.errors import ReliveError
from runtime.http.answer import WITHOUT_BODY, Answer, json_answer
from runtime.http.authentication import Authentication
from runtime.http.body import read_json_body
from runtime.http.parameters import Parameters
from runtime.http.request import HttpRequest
from runtime.http.router import Exchange, Router
from runtime.settings import MEGABYTE, Settings

ACTIONS: Mapping[str, Action] = {
    "GET": "read",
    "HEAD": "read",
    "POST": "create",
    "PUT": "update",
    "DELETE": "delete",
}
READ_METHODS = ("GET", "HEAD")
ITEM_METHODS = ("GET", "HEAD", "PUT", "DELETE")

# Parts of paths, as the router takes them. A type is anything but the other resources below an app. What begins with an
# underscore below a type is an operation, never an item (protocol section 1).
TYPE = rf"(?!(?:{'|'.join(sorted(RESERVED_TYPE_NAMES))})(?![\w.~%-]))<type_name>"
UNKNOWN_OPERATION = r"(?=_)(?!(?:_count|_aggregate)$)<name>"
ITEM = r"(?!_)<item_id>"


class DataResource:
    def __init__(self, apps: Apps, data: RedactedData, authentication: Authentication, settings: Settings) -> None:
        self._apps = apps
        self._data = data
        self._authentication = authentication
        self._answer_bytes = int(settings.result_mb * MEGABYTE)

    def add_to(self, router: Router) -> None:
        router.add(f"/v1/<app_id>/{TYPE}", tuple(ACTIONS), self.items)
        router.add(f"/v1/<app_id>/{TYPE}/_count", READ_METHODS, self.count)
        router.add(f"/v1/<app_id>/{TYPE}/_aggregate", READ_METHODS, self.aggregate)
        router.add(f"/v1/<app_id>/{TYPE}/{UNKNOWN_OPERATION}", (*ACTIONS, "PATCH"), self.unknown_operation)
        router.add(f"/v1/<app_id>/{TYPE}/{ITEM}", ITEM_METHODS, self.item)

    def items(self, exchange: Exchange, app_id: str, type_name: str) -> Answer:
        """Create items; or read, change or delete all that a filter finds.

        Raises ReliveError, here and for one item, the first that applies: 600 unknown app, 301 and 604 the credential,
        601, 608, 614 and 616 the parameters, 610, 613 and 615 the body, and then those of Data.execute. 601 also for an
        answer that is too large to be sent.
        """
        return self._execute(exchange, app_id, type_name)

    def count(self, exchange: Exchange, app_id: str, type_name: str) -> Answer:
        """The number of items that a filter finds."""
        return self._execute(exchange, app_id, type_name, count_only=True)

    def aggregate(self, exchange: Exchange, app_id: str, type_name: str) -> Answer:
        """Figures about the items that a filter finds, in groups."""
        return self._execute(exchange, app_id, type_name, action="aggregate")

    def item(self, exchange: Exchange, app_id: str, type_name: str, item_id: str) -> Answer:
        """Read, change or delete one item."""
        return self._execute(exchange, app_id, type_name, item_id=item_id)

    def unknown_operation(self, _: Exchange, app_id: str, type_name: str, name: str) -> Answer:
        """Raises ReliveError 600: these segments are reserved (protocol section 1)."""
        app = self._apps.get(app_id)
        raise ReliveError(600, f"The app {app.id} has no {type_name}/{name}; ids do not begin with an underscore.")

    def _execute(
        self,
        exchange: Exchange,
        app_id: str,
        type_name: str,
        *,
        action: Action | None = None,
        item_id: str | None = None,
        count_only: bool = False,
    ) -> Answer:
        request = exchange.request
        action = action or ACTIONS[request.method]
        app = self._apps.get(app_id)
        principal = self._authentication.principal(request)
        parameters = _parameters(request, action, selects=item_id is None, shows=not count_only)
        data_request = DataRequest(
            app,
            type_name,
            action,
            principal,
            item_id=item_id,
            data=read_json_body(request) if action in ("create", "update") else None,
            count_only=count_only,
            query_string=request.query_for_user_code,
            headers=request.headers_for_user_code,
            api_url=request.api_url(app.id),
            **parameters,
        )
        return self._respond(self._data.execute(data_request, exchange.budget), action)

    def _respond(self, answer: DataAnswer, action: Action) -> Answer:
        # Clients read the body of every answer (protocol section 1.2), also where user code chose the status.
        status = 200 if answer.status in WITHOUT_BODY else answer.status
        response = json_answer(status, answer.envelope())
        if exceeds(str(response.body), self._answer_bytes):
            if action in ("read", "aggregate"):
                raise too_large(action, self._answer_bytes)
            raise ReliveError(601, f"The answer is larger than {self._answer_bytes / MEGABYTE:g} MB.")
        return response


def _parameters(request: HttpRequest, action: Action, *, selects: bool, shows: bool) -> dict[str, Any]:
    """Those that the operation has a use for. Others are not even read: old clients send a filter beside an id."""
    sent = Parameters(request)
    used: dict[str, Any] = {"custom_parameters": sent.custom_parameters, "is_sync": sent.is_sync}
    if selects and action != "create":
        used |= {"filter": sent.filter}
        if action == "aggregate":
            used |= {"aggregate": sent.aggregate}
        elif shows:
            used |= {"sort": sent.sort, "skip": sent.skip, "take": sent.take}
    if action == "read" and shows:
        sent.refuse_what_is_not_supported()
        used |= {"fields": sent.fields, "single_field": sent.single_field, "include_count": sent.include_count}
    if action in ("create", "update"):
        used |= {"override_system_fields": sent.override_system_fields}
    return used
