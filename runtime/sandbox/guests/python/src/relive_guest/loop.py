"""The event loop of the guest. It waits for timers and for calls to the host, which is all there is to wait for."""

import asyncio
from asyncio import base_events, events
from collections.abc import Awaitable, Callable
from typing import Any, NoReturn

from relive_guest import host
from relive_guest.cancellation import RequestCancelled
from relive_guest.importing import NO_PROCESSES, NO_SOCKETS
from relive_guest.pending import is_pending


class NothingToWaitFor(BaseException):
    """The loop has no timer, no call under way and nothing to run: what it waits for can never happen."""

    for_done = False


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

    def create_task(self, coro: Any, **options: Any) -> asyncio.Task[Any]:
        """A call to the host can become a task like a coroutine, although it has been started already."""
        return super().create_task(as_coroutine(coro) if is_pending(coro) else coro, **options)

    def run_in_executor(self, executor: Any, func: Callable[..., Any], *args: Any) -> asyncio.Future[Any]:  # type: ignore[override]
        """Without threads the function runs at once; code written for `asyncio.to_thread` works all the same."""
        future = self.create_future()
        try:
            future.set_result(func(*args))
        except Exception as exception:
            future.set_exception(exception)
        return future


class HandlerLoop(GuestLoop):
    """The loop that a handler runs in: it knows which tasks failed without anybody noticing."""

    def __init__(self) -> None:
        super().__init__()
        self._failed_tasks: list[asyncio.Task[Any]] = []
        self._failed_callbacks: list[BaseException] = []
        self._cancelled: list[RequestCancelled] = []
        self.set_exception_handler(self._note_callback)

    def create_task(self, coro: Any, **options: Any) -> asyncio.Task[Any]:
        task = super().create_task(coro, **options)
        task.add_done_callback(self._note_task)
        return task

    def _run_once(self) -> None:
        """One turn of the loop. A request that any task or callback has cancelled ends here, whatever else goes on."""
        super()._run_once()  # type: ignore[misc]
        if self._cancelled:
            raise self._cancelled[0]

    def run_what_is_ready(self) -> None:
        """Run callbacks that were scheduled when nothing ran the loop anymore."""
        if self._ready:  # type: ignore[attr-defined]
            self.run_until_complete(asyncio.sleep(0))

    def close_generators(self) -> None:
        """Let asynchronous generators that were left half-way run to their `finally`."""
        if self._asyncgens:  # type: ignore[attr-defined]
            self.run_until_complete(self.shutdown_asyncgens())

    def unseen_failure(self) -> BaseException | None:
        """The exception of the first task that failed and that nobody asked for its result, or of a callback."""
        unseen = [task for task in self._failed_tasks if task._log_traceback]
        if unseen:
            return unseen[0].exception()
        return self._failed_callbacks[0] if self._failed_callbacks else None

    def _note_task(self, task: asyncio.Task[Any]) -> None:
        # Not exception(): asking for it counts as having noticed.
        if not task.cancelled() and task._exception is not None:
            self._failed_tasks.append(task)
            if isinstance(task._exception, RequestCancelled):
                self._cancelled.append(task._exception)

    def _note_callback(self, _: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        if isinstance(exception := context.get("exception"), BaseException):
            self._failed_callbacks.append(exception)
            if isinstance(exception, RequestCancelled):
                self._cancelled.append(exception)


class GuestLoopPolicy(events._BaseDefaultEventLoopPolicy):
    _loop_factory = GuestLoop


async def as_coroutine(awaitable: Awaitable[Any]) -> Any:
    return await awaitable


def install() -> None:
    """Make every loop that user code asks for one of these, and have what cannot work there say so."""
    events._event_loop_policy = GuestLoopPolicy()  # type: ignore[attr-defined]
    for name in ("create_connection", "create_server", "create_datagram_endpoint", "getaddrinfo", "getnameinfo"):
        setattr(GuestLoop, name, _refuse(NO_SOCKETS))
    for name in ("subprocess_exec", "subprocess_shell"):
        setattr(GuestLoop, name, _refuse(NO_PROCESSES))


def _refuse(sentence: str) -> Callable[..., Any]:
    async def refuse(*_: Any, **__: Any) -> NoReturn:
        raise NotImplementedError(sentence)

    return refuse
