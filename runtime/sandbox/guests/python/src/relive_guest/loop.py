"""The event loop of the guest. It waits for timers and for calls to the host, which is all there is to wait for."""

import asyncio
from asyncio import base_events, events
from collections.abc import Callable
from typing import Any

from relive_guest import host


class NothingToWaitFor(BaseException):
    """The loop has no timer, no call under way and nothing to run: what it waits for can never happen."""


class HostSelector:
    """Takes the place of a selector of sockets: asyncio lets it do the waiting."""

    def select(self, timeout: float | None) -> list[Any]:
        if host.anything_under_way():
            host.wait(timeout)
        elif timeout is None:
            raise NothingToWaitFor
        elif timeout > 0:
            host.wait(timeout)
        return []

    def close(self) -> None:
        pass


class GuestLoop(base_events.BaseEventLoop):
    """asyncio without sockets and threads: `sleep`, `gather`, `timeout`, `TaskGroup`, queues and locks work as ever."""

    def __init__(self) -> None:
        super().__init__()
        self._selector = HostSelector()

    def _process_events(self, event_list: list[Any]) -> None:
        pass

    def _write_to_self(self) -> None:
        pass

    def run_in_executor(self, executor: Any, func: Callable[..., Any], *args: Any) -> asyncio.Future[Any]:
        """Without threads the function runs at once; code written for `asyncio.to_thread` works all the same."""
        future = self.create_future()
        try:
            future.set_result(func(*args))
        except Exception as exception:
            future.set_exception(exception)
        return future


class GuestLoopPolicy(events._BaseDefaultEventLoopPolicy):  # type: ignore[name-defined,misc]
    _loop_factory = GuestLoop


def install() -> None:
    """Make every loop that user code asks for one of these."""
    events._event_loop_policy = GuestLoopPolicy()  # type: ignore[attr-defined]
