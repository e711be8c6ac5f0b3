"""relive serve: an app on this machine."""

import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from runtime.cli import options
from runtime.cli.configuration import read_settings
from runtime.cli.failure import CommandError
from runtime.cli.guest import build_with_progress

if TYPE_CHECKING:
    from runtime.application import Application
    from runtime.apps.app import App
    from runtime.cloudcode.logs.terminal import TerminalLog
    from runtime.local.server import LocalServer
    from runtime.settings import Settings

LEAST_CONCURRENCY = 8


def serve(
    folder: Annotated[Path, typer.Argument(help="The app folder.", metavar="FOLDER", show_default=False)],
    port: Annotated[int, typer.Option(help="The port; 0 for a free one.", min=0, max=65535, metavar="N")] = 8240,
    host: Annotated[str, typer.Option(help="The address to listen on; 0.0.0.0 for all.")] = "127.0.0.1",
    data: options.Data = None,
    reload: Annotated[
        bool, typer.Option("--reload/--no-reload", help="Apply the folder again when it changes.")
    ] = True,
) -> None:
    """Serve an app folder on this machine, until Ctrl-C."""
    from runtime.local.output import never_waiting

    with never_waiting():
        _serve(folder, port, host, data, reload)


def _serve(folder: Path, port: int, host: str, data: Path | None, reload: bool) -> None:
    from runtime.application import Application
    from runtime.cli.welcome import welcome
    from runtime.cloudcode.logs.terminal import TerminalLog
    from runtime.local.last_served import remember_served
    from runtime.local.master_key import master_key

    logging.basicConfig(format="%(levelname)s: %(message)s")
    logging.getLogger("runtime").setLevel(logging.INFO)
    settings = read_settings(data=data)
    app = _load(folder)
    build_with_progress(settings.guests)
    key = master_key(settings.data, settings.master_key)
    terminal = TerminalLog(sys.stdout)
    try:
        application = Application(settings, key, [terminal])
    except ValueError as error:  # a setting that is of the right type and still makes no sense
        raise CommandError(str(error)) from None
    try:
        server = _listen(application, settings, host, port)
        application.warm_up()
        application.apply(app)
        remember_served(application.store, app.id)
        for problem in application.check(app):
            print(f"Problem: {problem}", file=sys.stderr)
        with _reloading(folder, application, enabled=reload):
            welcome(app, server.url, key)
            server.run()
            _say_no_more(terminal)
            print("Stopped.", flush=True)
    finally:
        _say_no_more(terminal)
        application.close()


def _say_no_more(terminal: "TerminalLog") -> None:
    """Calls that are cut off now will fail, which is no news."""
    terminal.close()
    logging.disable()


def _load(folder: Path) -> "App":
    from runtime.apps.folder import load
    from runtime.apps.problem import AppFolderError

    try:
        return load(folder)
    except AppFolderError as error:
        problems = "".join(f"\n  {problem}" for problem in error.problems)
        raise CommandError(f"The app in {folder} cannot be served:{problems}") from None


def _listen(application: "Application", settings: "Settings", host: str, port: int) -> "LocalServer":
    """As many requests run at once as there are runners that are not kept for nested calls."""
    from runtime.local.server import CannotListenError, LocalServer

    try:
        return LocalServer(
            application.handle,
            host=host,
            port=port,
            concurrency=max(LEAST_CONCURRENCY, settings.runners - settings.depth),
            wait_seconds=settings.budget_seconds,
        )
    except CannotListenError as error:
        raise CommandError(f"{error} Choose another port with --port, or 0 for a free one.") from None


@contextmanager
def _reloading(folder: Path, application: "Application", *, enabled: bool) -> Iterator[None]:
    if not enabled:
        yield
        return
    from runtime.local.reload import Reload

    reload = Reload(
        folder, application.apps, application.check, application.apply, lambda line: print(line, flush=True)
    )
    reload.start()
    try:
        yield
    finally:
        reload.stop()
