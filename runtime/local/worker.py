"""One of the processes that serve an app together. It does what its parent says, and ends when that says no more."""

import contextlib
import logging
import pickle
import signal
import socket
import sys
import threading
import traceback
from collections.abc import Callable
from typing import Any

from runtime.application import Application
from runtime.apps.app import App
from runtime.cloudcode.logs.terminal import TerminalLog
from runtime.local.handover import Inlet
from runtime.local.last_served import remember_served
from runtime.local.messages import Answer, Channel, Check, GoneError, Prepare, Start, Switch
from runtime.local.output import log_to_standard_error, never_waiting
from runtime.local.server import LocalServer


def main() -> None:
    """Serve as the parent says; the arguments are descriptors of two sockets to it, for messages and connections."""
    control, connections = (socket.socket(fileno=int(descriptor)) for descriptor in sys.argv[1:])
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent tells when it is time
    channel = Channel(control)
    with never_waiting(), contextlib.suppress(GoneError):
        log_to_standard_error()
        _serve(channel, channel.receive(), connections)


def _serve(channel: Channel, start: Start, connections: socket.socket) -> None:
    terminal = TerminalLog(sys.stdout, coloured=start.coloured)
    settings = start.share.settings
    try:
        application = Application(settings, start.master_key, [terminal])
    except Exception as error:
        channel.send(_failure(error))
        return
    try:
        answer = _answer(lambda: _begin(application, start))
        channel.send(answer)
        if answer.error is None:
            source, requests = Inlet(connections, start.address), start.share.requests
            server = LocalServer(application.handle, source, concurrency=requests, wait_seconds=settings.budget_seconds)
            threading.Thread(target=_obey, args=(channel, application, server), name="parent", daemon=True).start()
            server.run()
    finally:
        terminal.close()
        logging.disable()
        application.close()


def _begin(application: Application, start: Start) -> list[Any]:
    if not start.is_first:
        application.sandbox.start()
        application.apply(start.app)
        return []
    application.warm_up()
    application.apply(start.app)
    remember_served(application.store, start.app.id)
    return application.check(start.app)


def _obey(channel: Channel, application: Application, server: LocalServer) -> None:
    """Do what the parent says, until it says no more."""
    work: dict[type, Callable[[App], Any]] = {
        Check: application.check,
        Prepare: application.prepare,
        Switch: application.apps.apply,
    }
    with contextlib.suppress(GoneError):
        while True:
            message = channel.receive()
            channel.send(_answer(lambda message=message: work[type(message)](message.app)))  # type: ignore[misc]
    server.stop()


def _answer(work: Callable[[], Any]) -> Answer:
    try:
        return Answer(work())
    except Exception as error:
        return _failure(error)


def _failure(error: Exception) -> Answer:
    """The error as the parent can have it, which some cannot be, and for one that nobody expected where it was."""
    error.add_note("".join(traceback.format_exception(error)))
    try:
        pickle.loads(pickle.dumps(error))
    except Exception:
        logging.getLogger(__name__).exception("This cannot be told to the parent process:", exc_info=error)
        return Answer(error=RuntimeError(f"{type(error).__name__}: {error}"))
    return Answer(error=error)
