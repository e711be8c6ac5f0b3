"""Runs user code: each call in a fresh instance of the guest, in a process of its own, until its deadline."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from runtime.deadline import Deadline
from runtime.sandbox.endings import Crashed, Ending, Finished, TimedOut
from runtime.sandbox.exchange import Exchange, PreparationLost
from runtime.sandbox.host import Host
from runtime.sandbox.lockdown import process
from runtime.sandbox.lockdown.layers import Layer, attempt
from runtime.sandbox.pool import NoRunnerInTime, Pool
from runtime.sandbox.preparation import Preparations
from runtime.sandbox.processes import ForkServer
from runtime.sandbox.runner_process import RunnerProcess
from runtime.sandbox.share import Share
from runtime.threads import Threads

Converse = Callable[[RunnerProcess], Ending]


@dataclass(frozen=True)
class Limits:
    """Limits of one call, and of the sandbox as a whole: `runners` processes for calls nested `depth` deep.

    `prepare` has the next instance of code stand ready after each call of it.
    """

    memory_mb: int = 128
    definition_seconds: float = 10
    runners: int = 16
    depth: int = 8
    prepare: bool = True


class Sandbox:
    """The one way in which user code runs. Safe to use from several threads.

    `launched` is a fork server that was launched before these limits were known. It is used if it was made for them.
    """

    def __init__(self, guest: Path, limits: Limits, launched: ForkServer | None = None) -> None:
        self._limits = limits
        if launched is not None and (launched.guest, launched.memory_mb) != (guest, limits.memory_mb):
            launched.close()
            launched = None
        self._fork_server = launched or ForkServer(guest, limits.memory_mb)
        self._preparations = Preparations(limits.prepare)
        self._threads = Threads()
        self._pool = Pool(self._fork_server, self._preparations, limits.runners, limits.depth)

    @property
    def kills(self) -> int:
        """How many runners were killed so far, since their call had overstayed or they had died during it."""
        return self._pool.kills

    def start(self) -> tuple[Layer, ...]:
        """Start the fork server ahead of the first call, and tell how everything is locked. Raises SandboxUnavailable.

        Hides this process, too: it has the secrets, and runners may have the same user.
        """
        return attempt("server_hidden", process.hide), *self._fork_server.start()

    def fork_ahead(self, app: str) -> None:
        """Have a runner for an app stand ready before the first call. Raises SandboxUnavailable."""
        self._pool.fork_ahead(app)

    def run(
        self,
        app: str,
        code: str,
        make_event: Callable[[], str],
        *,
        host: Host,
        deadline: Deadline,
        depth: int = 0,
        share: Share | None = None,
    ) -> Ending:
        """Run one handler of an app's code and tell how it ended.

        `code` and the event are texts for the guest; the event is made when the handler is about to start. `depth` is
        how many calls of user code this one is nested in; with them it has `share`. Raises NoRunnerInTime,
        SandboxUnavailable.
        """

        def converse(runner: RunnerProcess) -> Ending:
            exchange = Exchange(runner, host, self._threads, deadline, share)
            ending = exchange.run(code, make_event, self._limits.definition_seconds)
            if exchange.loading_seconds is not None:
                self._preparations.was_loaded(code, exchange.loading_seconds)
            return ending

        if share is None:
            return self._run(app, code, depth, deadline, converse)
        if not share.runners.take(depth, deadline):
            raise NoRunnerInTime
        try:
            return self._run(app, code, depth, deadline, converse)
        finally:
            share.runners.give_back(depth)

    def _run(self, app: str, code: str, depth: int, deadline: Deadline, converse: Converse) -> Ending:
        runner = self._pool.acquire(app, code, depth, deadline)
        ending: Ending = Crashed("the call was given up")
        try:
            try:
                ending = self._run_on(runner, code, converse)
            except PreparationLost:
                self._preparations.was_useless(code)
                runner = self._pool.replace(runner)
                ending = self._run_on(runner, code, converse)
            return ending
        finally:
            reusable = not isinstance(ending, TimedOut | Crashed)
            if isinstance(ending, Finished) and self._preparations.are_wanted(code):
                seconds = self._preparations.seconds(code, int(2 * self._limits.definition_seconds) + 1)
                runner.prepare(code, seconds, warm_up=not self._pool.is_busy)
            self._pool.release(runner, depth, reusable=reusable)

    def _run_on(self, runner: RunnerProcess, code: str, converse: Converse) -> Ending:
        was_prepared = runner.prepared is not None
        ending = converse(runner)
        if was_prepared:
            self._preparations.was_useful(code)
        return ending

    def close(self) -> None:
        """End all processes."""
        self._pool.close()
        self._fork_server.close()
        self._threads.close()
