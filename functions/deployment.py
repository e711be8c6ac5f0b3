"""What every function of the deployment starts with."""

import logging
import os
import random
from collections.abc import Sequence
from pathlib import Path

from aws_lambda_powertools import Logger
from aws_lambda_powertools.logging.utils import copy_config_to_registered_loggers

from functions import cold_start
from functions.snapshot import at_snapshots
from runtime.application import Application
from runtime.apps.folder import load
from runtime.cloudcode.logs.powertools import PowertoolsLog
from runtime.cloudcode.logs.record import LogSink
from runtime.sandbox.processes import ForkServer, SandboxUnavailable
from runtime.settings import Settings, load_settings, unknown_environment_names


class Deployment:
    """The application with the app that the package carries.

    Made while Lambda initialises, with the full processor and outside anybody's request: so the sandbox starts here.
    `sinks` are told of every call of user code, beside the log. `fork_server` is one that has been launched ahead.

    With SnapStart, Lambda then keeps a snapshot of this process and starts any number of copies from it. What copies
    must not share is all in the application: connections, processes, threads, random names, what was read from the
    store. So it is closed for the snapshot, and each copy makes one of its own.
    """

    def __init__(self, logger: Logger, sinks: Sequence[LogSink], fork_server: ForkServer | None = None) -> None:
        logging.getLogger("runtime")  # only loggers that exist are given the form of ours
        copy_config_to_registered_loggers(logger, include={"runtime"})
        for name in unknown_environment_names():
            logger.warning("There is no such setting", extra={"variable": name})
        self._sinks: list[LogSink] = [PowertoolsLog(logger), *sinks]
        self._settings = load_settings()
        if told := secrets_in_environment(self._settings):
            logger.warning("Whoever may look at the function sees these secrets", extra={"variables": told})
        self._app = load(self._settings.app)
        self.application = self._make_application(fork_server)
        try:
            self.application.warm_up()
            self.application.sandbox.fork_ahead(self._app.id)
        except SandboxUnavailable:
            # To fail here would answer every request with Lambda's own 502; this way each says what is wrong.
            logger.exception("The sandbox does not start")
        at_snapshots(self._before_snapshot, self._after_restore)
        cold_start.end()

    @property
    def app_id(self) -> str:
        """Of the app that the package carries."""
        return self._app.id

    def _make_application(self, fork_server: ForkServer | None) -> Application:
        settings = self._settings
        application = Application(settings, settings.master_key, log_sinks=self._sinks, fork_server=fork_server)
        application.roll_out(self._app, built_at(self._settings.app))
        return application

    def _before_snapshot(self) -> None:
        self.application.close()

    def _after_restore(self) -> None:
        """Make all anew. The fork server gets ready while the first request is already being read."""
        random.seed()
        self.application = self._make_application(cold_start.launch_fork_server())


def secrets_in_environment(settings: Settings) -> list[str]:
    """The variables of a function in Lambda that have what should not be there: they are no secret in AWS."""
    if "AWS_LAMBDA_FUNCTION_NAME" not in os.environ:
        return []
    values = {"RELIVE_MASTER_KEY": settings.master_key, "RELIVE_SECRETS": settings.secrets}
    return [name for name, value in values.items() if value]


def built_at(app: Path) -> float:
    """When the package with this app folder was built, in seconds since the epoch; 0 if it does not say so.

    A file beside the folder says it: what the files' own times are does not survive the way to Lambda.
    """
    file = app.parent / "built"
    return float(file.read_text()) if file.is_file() else 0.0
