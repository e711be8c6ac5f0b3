"""One call: the conversation between this process and the runner that serves it."""

import contextlib
import os
import select
import threading
from collections import deque
from collections.abc import Callable

from runtime.deadline import Deadline
from runtime.sandbox.endings import Crashed, Ending, Finished, NotDefined, TimedOut
from runtime.sandbox.host import Host
from runtime.sandbox.processes import RunnerProcess
from runtime.sandbox.wire import (
    HEADER,
    LONGEST_FROM_RUNNER,
    BrokenWire,
    Kind,
    Message,
    decode_header,
    decode_text,
    encode,
)

SIMULTANEOUS_HOST_CALLS = 16
"""Host calls of one call that are worked on at once; further ones wait for their turn."""

WAITING_CALLS = 10_000
WAITING_BYTES = 32 * 1024 * 1024
"""Host calls that may wait for their turn, and what their arguments may take. Honest code stays far below both."""

GRACE_SECONDS = 5
"""How long after its deadline a runner ends itself, should this process not have killed it."""


class _OutOfTime(Exception):
    """The deadline has passed."""


class _NoReply(Exception):
    """The host call stays unanswered, and counts as under way until the end."""


class Exchange:
    """Runs one call on a runner. The runner is fit for another call only if the ending says so."""

    def __init__(self, runner: RunnerProcess, host: Host, deadline: Deadline) -> None:
        self._runner = runner
        self._host = host
        self._deadline = deadline
        self._received = bytearray()
        self._writing = threading.Lock()
        self._open = True
        self._host_calls = HostCalls(self._answer)

    def run(self, code: str, make_event: Callable[[], str], memory_mb: int, definition_seconds: float) -> Ending:
        """Define the code, handle the event that `make_event` makes at the last moment, and tell how it ended."""
        defining = True
        forget = self._deadline.on_early_end(self._runner.kill)
        try:
            definition_deadline = self._deadline.at_most(definition_seconds)
            self._send(Message(Kind.DEFINE, memory_mb, code), definition_deadline)
            if early := self._converse(Kind.DEFINED, definition_deadline):
                return early
            defining = False
            seconds = int(self._deadline.remaining()) + 1 + GRACE_SECONDS
            self._send(Message(Kind.HANDLE, seconds, make_event()), self._deadline)
            return self._converse(Kind.ENDED, self._deadline) or Crashed("the runner answered out of turn")
        except _OutOfTime:
            return TimedOut(defining, self._host_calls.under_way())
        except BrokenWire as exception:
            self._runner.kill()  # a reply may be waiting for it to read, and hold up the end until the deadline
            if self._deadline.passed:  # whoever called this one was out of time, too, and was quicker to end it
                return TimedOut(defining, self._host_calls.under_way())
            return Crashed(f"the sandbox's process died: {exception}")
        finally:
            forget()
            self._host_calls.close()
            with self._writing:
                self._open = False

    def _converse(self, until: Kind, deadline: Deadline) -> Ending | None:
        """Serve the guest until the message that is waited for; None when a definition succeeded."""
        while True:
            message = self._receive(deadline)
            match message.kind:
                case Kind.LOG:
                    self._host.log(message.text)
                case Kind.START if until is Kind.ENDED:
                    capability, _, arguments = message.text.partition("\n")
                    self._host_calls.start(message.number, capability, arguments)
                case Kind.TRAPPED:
                    return Crashed(message.text)
                case Kind.DEFINED if until is Kind.DEFINED:
                    return NotDefined(message.text) if message.text else None
                case Kind.ENDED if until is Kind.ENDED:
                    return Finished(message.text)
                case _:
                    raise BrokenWire(f"{message.kind.name} came out of turn")

    def _answer(self, number: int, capability: str, arguments: str) -> None:
        """Work on one host call, in a thread of its own. A reply to a call that is over is dropped."""
        reply = self._host.call(capability, arguments)
        if reply is None:
            raise _NoReply
        try:
            self._send(Message(Kind.REPLY, number, reply), self._deadline)
        except (BrokenWire, _OutOfTime):
            return  # the call is over, and its ending is told by the thread that runs it

    def _send(self, message: Message, deadline: Deadline) -> None:
        """Write a message. The pipe does not block, so that a runner which does not read cannot hold this up."""
        rest = memoryview(encode(message))
        with self._writing:
            while rest and self._open:
                try:
                    rest = rest[os.write(self._runner.outgoing, rest) :]
                except BlockingIOError:
                    self._wait_until_writable(deadline)
                except OSError as exception:
                    raise BrokenWire(str(exception)) from None

    def _wait_until_writable(self, deadline: Deadline) -> None:
        poll = select.poll()
        poll.register(self._runner.outgoing, select.POLLOUT)
        if not poll.poll(_milliseconds(deadline)):
            raise _OutOfTime

    def _receive(self, deadline: Deadline) -> Message:
        length, kind, number = decode_header(self._take(HEADER.size, deadline), LONGEST_FROM_RUNNER)
        return Message(kind, number, decode_text(self._take(length, deadline)))

    def _take(self, size: int, deadline: Deadline) -> bytes:
        while len(self._received) < size:
            self._fill(deadline)
        taken = bytes(self._received[:size])
        del self._received[:size]
        return taken

    def _fill(self, deadline: Deadline) -> None:
        if deadline.expired:  # also when the guest keeps sending
            raise _OutOfTime
        poll = select.poll()
        poll.register(self._runner.incoming, select.POLLIN)
        if not poll.poll(_milliseconds(deadline)):
            raise _OutOfTime
        chunk = os.read(self._runner.incoming, 1 << 20)
        if not chunk:
            raise BrokenWire("it closed its pipe")
        self._received += chunk


class HostCalls:
    """Works on the host calls of one exchange side by side, a few at a time."""

    def __init__(self, work: Callable[[int, str, str], None]) -> None:
        self._work = work
        self._lock = threading.Lock()
        self._waiting: deque[tuple[int, str, str]] = deque()
        self._waiting_bytes = 0
        self._under_way: dict[int, str] = {}
        self._threads = 0
        self._closed = False

    def start(self, number: int, capability: str, arguments: str) -> None:
        """Raises BrokenWire when more calls wait than any honest code starts."""
        with self._lock:
            if len(self._waiting) >= WAITING_CALLS or self._waiting_bytes >= WAITING_BYTES:
                raise BrokenWire("it started more calls to the host than can wait for their turn")
            self._under_way[number] = capability
            self._waiting.append((number, capability, arguments))
            self._waiting_bytes += len(arguments)
            if self._threads == SIMULTANEOUS_HOST_CALLS:
                return
            self._threads += 1
        threading.Thread(target=self._work_until_idle, name=f"host call {capability}", daemon=True).start()

    def under_way(self) -> tuple[str, ...]:
        """The capabilities that have not answered yet."""
        with self._lock:
            return tuple(self._under_way.values())

    def close(self) -> None:
        """Start none of those that wait: the call that wanted them is over."""
        with self._lock:
            self._closed = True
            self._waiting.clear()

    def _work_until_idle(self) -> None:
        try:
            while (call := self._next()) is not None:
                with contextlib.suppress(_NoReply):
                    self._work(*call)
                    with self._lock:
                        self._under_way.pop(call[0], None)
        finally:
            with self._lock:
                self._threads -= 1

    def _next(self) -> tuple[int, str, str] | None:
        with self._lock:
            if not self._waiting or self._closed:
                return None
            call = self._waiting.popleft()
            self._waiting_bytes -= len(call[2])
            return call


def _milliseconds(deadline: Deadline) -> int:
    return int(deadline.remaining() * 1000) + 1
