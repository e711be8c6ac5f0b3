"""relive serve: an app on this machine."""

import logging
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from runtime.cli import options
from runtime.cli.configuration import read_settings
from runtime.cli.failure import CommandError
from runtime.cli.guest import build_with_progress

if TYPE_CHECKING:
    from runtime.apps.app import App
    from runtime.apps.problem import Problem
    from runtime.apps.service import Apps
    from runtime.cloudcode.logs.terminal import TerminalLog
    from runtime.local.listener import Listener
    from runtime.settings import Settings


def serve(
    folder: Annotated[Path, typer.Argument(help="The app folder.", metavar="FOLDER", show_default=False)],
    port: Annotated[int, typer.Option(help="The port; 0 for a free one.", min=0, max=65535, metavar="N")] = 8240,
    host: Annotated[str, typer.Option(help="The address to listen on; 0.0.0.0 for all.")] = "127.0.0.1",
    data: options.Data = None,
    processes: Annotated[
        int | None,
        typer.Option(
            help="Processes that serve; 0 for one for each processor. [default: RELIVE_PROCESSES, or 1]", metavar="N"
        ),
    ] = None,
    reload: Annotated[
        bool, typer.Option("--reload/--no-reload", help="Apply the folder again when it changes.")
    ] = True,
) -> None:
    """Serve an app folder on this machine, until Ctrl-C."""
    from runtime.local.output import log_to_standard_error, never_waiting

    with never_waiting():
        log_to_standard_error()
        settings = read_settings(data=data, processes=processes)
        _serve(_served(folder, settings, host, port, reload))


@dataclass(frozen=True)
class _Served:
    """What is served: an app, from its folder, with these settings and this key, to whom the listener hears."""

    folder: Path
    app: "App"
    settings: "Settings"
    key: str
    listener: "Listener"
    reload: bool
    configured_key: str

    def welcome(self) -> None:
        from runtime.cli.welcome import welcome

        welcome(self.app, self.listener.url, self.key)

    @contextmanager
    def reloading(
        self, apps: "Apps", check: "Callable[[App], list[Problem]]", apply: "Callable[[App], None]"
    ) -> Iterator[None]:
        if not self.reload:
            yield
            return
        from runtime.local.reload import Reload

        reload = Reload(self.folder, apps, check, apply, lambda line: print(line, flush=True))
        reload.start()
        try:
            yield
        finally:
            reload.stop()


def _served(folder: Path, settings: "Settings", host: str, port: int, reload: bool) -> _Served:
    from runtime.local.master_key import master_key

    app = _load(folder)
    build_with_progress(settings.guests)
    key = master_key(settings.data, settings.master_key)
    return _Served(folder, app, settings, key, _listen(host, port), reload, _configured_key(settings, key))


def _configured_key(settings: "Settings", key: str) -> str:
    """The key that servers are given; nothing, if they find it in the store of the data folder.

    There it may be replaced while they run. What is valid for a table, its stack decides, and nobody who only tries
    something with it.
    """
    from runtime.cli.kept import open_store
    from runtime.http.master_key import KeptMasterKey

    if settings.master_key or settings.table:
        return key
    with open_store(settings) as store:
        KeptMasterKey(store).accept(key)
    return ""


def _load(folder: Path) -> "App":
    from runtime.apps.folder import load
    from runtime.apps.problem import AppFolderError

    try:
        return load(folder)
    except AppFolderError as error:
        problems = "".join(f"\n  {problem}" for problem in error.problems)
        raise CommandError(f"The app in {folder} cannot be served:{problems}") from None


def _listen(host: str, port: int) -> "Listener":
    from runtime.local.listener import CannotListenError, Listener

    try:
        return Listener(host, port)
    except CannotListenError as error:
        raise CommandError(f"{error} Choose another port with --port, or 0 for a free one.") from None


def _serve(served: _Served) -> None:
    from runtime.local.shares import number_of_processes

    if number_of_processes(served.settings) == 1:
        _serve_here(served)
    else:
        _serve_in_processes(served)


def _serve_here(served: _Served) -> None:
    from runtime.application import Application
    from runtime.cloudcode.logs.terminal import TerminalLog
    from runtime.local.last_served import remember_served
    from runtime.local.server import LocalServer
    from runtime.local.shares import requests_at_once

    settings, app = served.settings, served.app
    terminal = TerminalLog(sys.stdout)
    with _settings_that_fit():
        application = Application(settings, served.configured_key, [terminal])
    try:
        server = LocalServer(
            application.handle,
            served.listener,
            concurrency=requests_at_once(settings),
            wait_seconds=settings.budget_seconds,
        )
        application.warm_up()
        application.apply(app)
        remember_served(application.store, app.id)
        _tell(application.check(app))
        with served.reloading(application.apps, application.check, application.apply):
            served.welcome()
            server.run()
            _say_no_more(terminal)
            print("Stopped.", flush=True)
    finally:
        _say_no_more(terminal)
        application.close()


def _serve_in_processes(served: _Served) -> None:
    from runtime.cloudcode.logs.terminal import wants_colours
    from runtime.local.processes import Processes

    coloured = wants_colours(sys.stdout)
    with closing(Processes(served.listener, served.settings, served.configured_key, coloured=coloured)) as processes:
        with _settings_that_fit():
            problems = processes.start(served.app)
        _tell(problems)
        with served.reloading(processes.apps, processes.check, processes.apply):
            served.welcome()
            processes.run()
        processes.close()
        print("Stopped.", flush=True)


def _tell(problems: "Iterable[Problem]") -> None:
    for problem in problems:
        print(f"Problem: {problem}", file=sys.stderr)


@contextmanager
def _settings_that_fit() -> Iterator[None]:
    """For what raises ValueError when a setting is of the right type and still makes no sense."""
    try:
        yield
    except ValueError as error:
        raise CommandError(str(error)) from None


def _say_no_more(terminal: "TerminalLog") -> None:
    """Calls that are cut off now will fail, which is no news."""
    terminal.close()
    logging.disable()
