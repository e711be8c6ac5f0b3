"""Puts the parts together: the one place where every service gets what it depends on."""

import base64
import logging
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from runtime.apps.app import App
from runtime.apps.problem import Problem
from runtime.apps.service import Apps
from runtime.budget import Budget
from runtime.cloudcode.breaker import Breaker
from runtime.cloudcode.capabilities.data import data_calls
from runtime.cloudcode.capabilities.http import Http
from runtime.cloudcode.capabilities.secrets import ReadSecret
from runtime.cloudcode.compilation import problems_in
from runtime.cloudcode.events import Events
from runtime.cloudcode.functions import Functions
from runtime.cloudcode.logs.kept import KeptLogs
from runtime.cloudcode.logs.record import LogSink
from runtime.cloudcode.logs.several import SeveralSinks
from runtime.cloudcode.logs.write_behind import WriteBehind
from runtime.cloudcode.outgoing.depth import DEPTH_HEADER, DepthSigner
from runtime.cloudcode.outgoing.own_api import OwnApiRequest, OwnApiResponse
from runtime.cloudcode.redacted_data import RedactedData
from runtime.cloudcode.secrets import Secrets
from runtime.cloudcode.user_code import UserCode
from runtime.data.duplicates import duplicates_in
from runtime.data.preparation import prepare
from runtime.data.service import Data
from runtime.http.front import Front
from runtime.large_blocks import give_back_large_blocks
from runtime.sandbox.architecture import compiled_guest
from runtime.sandbox.lockdown.layers import summary
from runtime.sandbox.sandbox import Limits, Sandbox
from runtime.settings import Settings
from runtime.store.sqlite.documents import SqliteDocuments
from runtime.store.sqlite.records import SqliteStore

logger = logging.getLogger(__name__)

RECORD_SECONDS = 1.0
"""How long the store is waited for to write down what has happened in a call: its time-out, its log."""


def database(data: Path) -> Path:
    """Where the embedded store keeps its file inside the data folder."""
    return data / "relive.sqlite"


class Application:
    """Everything that serves requests, from the HTTP event down to the store and the sandbox.

    `log_sinks` take the log of every call, beside the store. Raises StoreUnavailableError for a data folder that cannot
    be used.
    """

    def __init__(self, settings: Settings, master_key: str, log_sinks: Sequence[LogSink] = ()) -> None:
        give_back_large_blocks()
        self.settings = settings
        self.apps = Apps()
        self.store = SqliteStore(database(settings.data), patience=RECORD_SECONDS)
        self.sandbox = Sandbox(
            compiled_guest(settings.guests),
            Limits(settings.memory_mb, settings.definition_seconds, settings.runners, settings.depth, settings.prepare),
        )
        secrets = Secrets(self.store, settings.secrets)
        signer = DepthSigner(master_key)
        # The log may lose its last moment when the power fails or the process is killed; to wait for the disk would
        # slow down every call.
        self._log_store = SqliteStore(database(settings.data), durable=False, patience=RECORD_SECONDS)
        self._kept_logs = KeptLogs(self._log_store, entries=settings.log_entries, days=settings.log_days)
        self._write_behind = WriteBehind(self._kept_logs)
        user_code = UserCode(
            self.sandbox,
            settings,
            capabilities=[Http(settings, self._serve_own_api, signer), ReadSecret(secrets)],
            breaker=Breaker(
                self.store,
                timeouts=settings.breaker_timeouts,
                window_minutes=settings.breaker_window_minutes,
                cooldown_minutes=settings.breaker_cooldown_minutes,
            ),
            secrets=secrets,
            log_sink=SeveralSinks([*log_sinks, self._write_behind]),
        )
        self.functions = Functions(user_code, secrets, settings)
        self.documents = SqliteDocuments(self.store.database)
        self.data = Data(self.documents, Events(user_code), settings)
        for capability in data_calls(self.data.execute):
            user_code.offer(capability)
        self._front = Front(
            self.apps,
            self.functions,
            RedactedData(self.data, secrets),
            settings,
            master_key,
            lambda headers: signer.verify(headers.get(DEPTH_HEADER)),
        )

    def handle(
        self, event: dict[str, Any], request_id: str, budget: Budget | None = None, *, waited: float = 0
    ) -> dict[str, Any]:
        """Answer the event of a Lambda function URL (payload format 2.0). Raises nothing; see Front."""
        return self._front.handle(event, request_id, budget, waited=waited)

    def check(self, app: App) -> list[Problem]:
        """What is wrong with an app's code, and which of its fields cannot be unique, since items are in the way.

        Changes nothing, whatever becomes of the app.
        """
        return [*problems_in(app, self.sandbox), *duplicates_in(app, self.documents)]

    def apply(self, app: App) -> None:
        """Serve this app from now on, in place of the one that had its id, once the store is ready for it.

        Fields that cannot be unique do not keep it from being served, see `check`.
        """
        prepare(app, self.documents)
        self.apps.apply(app)

    @property
    def logs(self) -> KeptLogs:
        """The log of calls, with all that have ended by now."""
        self._write_behind.flush()
        return self._kept_logs

    def warm_up(self) -> None:
        """Start the sandbox ahead of the first call, and log how it is locked. Raises SandboxUnavailable."""
        layers = self.sandbox.start()
        logger.info(summary(layers), extra={"lockdown": {layer.name: layer.active for layer in layers}})

    def close(self) -> None:
        """End all processes and close the store."""
        self.sandbox.close()
        self._write_behind.close()
        self.store.close()
        self._log_store.close()

    def _serve_own_api(self, request: OwnApiRequest, budget: Budget) -> OwnApiResponse:
        """A call of user code to its own API: the same way in as any other, without the network."""
        path, _, query = request.target.partition("?")
        event = {
            "version": "2.0",
            "rawPath": path,
            "rawQueryString": query,
            "headers": dict(request.headers),
            "requestContext": {
                "http": {"method": request.method, "path": path},
                "domainName": request.headers.get("host", ""),
            },
            "body": base64.b64encode(request.body).decode(),
            "isBase64Encoded": True,
        }
        answer = self.handle(event, budget.request_id, budget)
        body = answer.get("body") or ""
        content = base64.b64decode(body) if answer.get("isBase64Encoded") else body.encode()
        return OwnApiResponse(answer["statusCode"], answer["headers"], content)
