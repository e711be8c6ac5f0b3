"""Puts the parts together: the one place where every service gets what it depends on."""

import base64
import logging
from collections.abc import Sequence
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
from runtime.cloudcode.outgoing import depth_key
from runtime.cloudcode.outgoing.depth import DEPTH_HEADER, DepthSigner
from runtime.cloudcode.outgoing.own_api import OwnApiRequest, OwnApiResponse
from runtime.cloudcode.redacted_data import RedactedData
from runtime.cloudcode.secrets import Secrets
from runtime.cloudcode.user_code import UserCode
from runtime.data.duplicates import duplicates_in
from runtime.data.preparation import prepare
from runtime.data.rollout import Rollout
from runtime.data.service import Data
from runtime.http.front import Front
from runtime.http.master_key import ConfiguredMasterKey, KeptMasterKey, MasterKey
from runtime.large_blocks import give_back_large_blocks
from runtime.sandbox.architecture import compiled_guest
from runtime.sandbox.lockdown.layers import summary
from runtime.sandbox.processes import ForkServer
from runtime.sandbox.sandbox import Limits, Sandbox
from runtime.settings import Settings
from runtime.store.engine import open_engine

logger = logging.getLogger(__name__)


class Application:
    """Everything that serves requests, from the HTTP event down to the store and the sandbox.

    Without a `master_key`, the store says which one it is (see KeptMasterKey). `log_sinks` take the log of every call,
    beside the store. `fork_server` is one that has been launched ahead (see Sandbox). Raises StoreUnavailableError for
    a data folder that cannot be used.
    """

    def __init__(
        self,
        settings: Settings,
        master_key: str,
        log_sinks: Sequence[LogSink] = (),
        fork_server: ForkServer | None = None,
    ) -> None:
        give_back_large_blocks()
        self.settings = settings
        self.apps = Apps()
        self._engine = open_engine(settings)
        self.store, self.documents = self._engine.records, self._engine.documents
        self.sandbox = Sandbox(
            compiled_guest(settings.guests),
            Limits(settings.memory_mb, settings.definition_seconds, settings.runners, settings.depth, settings.prepare),
            fork_server,
        )
        secrets = Secrets(self.store, settings.secrets, cache_seconds=settings.cache_seconds)
        signer = DepthSigner(depth_key.derived_from(master_key) if master_key else depth_key.kept_in(self.store))
        # The log may lose its last moment when the power fails or the process is killed; to wait for the disk would
        # slow down every call.
        self._kept_logs = KeptLogs(self._engine.logs, entries=settings.log_entries, days=settings.log_days)
        self._write_behind = WriteBehind(self._kept_logs)
        keeping: dict[str, list[LogSink]] = {"soon": [self._write_behind], "at_once": [self._kept_logs], "never": []}
        user_code = UserCode(
            self.sandbox,
            settings,
            capabilities=[Http(settings, self._serve_own_api, signer), ReadSecret(secrets)],
            breaker=Breaker(
                self.store,
                timeouts=settings.breaker_timeouts,
                window_minutes=settings.breaker_window_minutes,
                cooldown_minutes=settings.breaker_cooldown_minutes,
                cache_seconds=settings.cache_seconds,
            ),
            secrets=secrets,
            log_sink=SeveralSinks([*log_sinks, *keeping[settings.keep_logs]]),
        )
        self.functions = Functions(user_code, secrets, settings)
        self._rollout = Rollout(self.store, self.documents)
        self.data = Data(self.documents, Events(user_code), settings, self._rollout.ensure)
        for capability in data_calls(self.data.execute):
            user_code.offer(capability)
        self._front = Front(
            self.apps,
            self.functions,
            RedactedData(self.data, secrets),
            settings,
            self._valid_keys(master_key),
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

    def prepare(self, app: App) -> None:
        """Get the store ready for an app that is to be served.

        Fields that cannot be unique do not keep it from being served, see `check`.
        """
        prepare(app, self.documents)

    def apply(self, app: App) -> None:
        """Serve this app from now on, in place of the one that had its id, once the store is ready for it."""
        self.prepare(app)
        self.apps.apply(app)

    def roll_out(self, app: App, built: float) -> None:
        """Serve this app, which was built then, in seconds since the epoch, from now on.

        The store is got ready for it when its items are first asked for, by one of all processes that serve it.
        """
        self._rollout.expect(app, built)
        self.apps.apply(app)

    @property
    def logs(self) -> KeptLogs:
        """The log of calls, with all that have ended by now."""
        self._write_behind.flush()
        return self._kept_logs

    def warm_up(self) -> None:
        """Do ahead what the first call would wait for, and log how the sandbox is locked. Raises SandboxUnavailable."""
        self._engine.warm_up()  # first, for the sandbox may already be starting, in a process of its own
        layers = self.sandbox.start()
        logger.info(summary(layers), extra={"lockdown": {layer.name: layer.active for layer in layers}})

    def close(self) -> None:
        """End all processes and close the store."""
        self.sandbox.close()
        self._write_behind.close()
        self._engine.close()

    def _valid_keys(self, master_key: str) -> MasterKey:
        if master_key:
            return ConfiguredMasterKey(master_key)
        return KeptMasterKey(self.store, cache_seconds=self.settings.cache_seconds)

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
            "basePath": request.base_path,
        }
        answer = self.handle(event, budget.request_id, budget)
        body = answer.get("body") or ""
        content = base64.b64decode(body) if answer.get("isBase64Encoded") else body.encode()
        return OwnApiResponse(answer["statusCode"], answer["headers"], content)
