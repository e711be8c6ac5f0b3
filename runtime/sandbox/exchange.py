"""One call: the conversation between this process and the runner that serves it."""

import os
import select
import threading
import time
from collections.abc import Callable

from runtime.deadline import Deadline
from runtime.held import text_bytes
from runtime.sandbox.endings import Crashed, Ending, Finished, NotDefined, TimedOut
from runtime.sandbox.host import Host
from runtime.sandbox.host_calls import HostCalls, NoReply
from runtime.sandbox.runner_process import NARROW_PIPE, RunnerProcess
from runtime.sandbox.share import Share
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
from runtime.threads import Threads, about_to_wait

LONGEST_NAME = 1000
"""Characters of a capability's name that are kept; what is longer is the name of none."""

GRACE_SECONDS = 5
"""How long after its deadline a runner ends itself, should this process not have killed it."""

PREPARED_LOG = 1024 * 1024
"""What may be logged while code is prepared, in characters. Logs of calls are cut far below it."""


class PreparationLost(Exception):
    """What a runner had prepared cannot be used; a fresh one is as good as ever. No handler has been started."""


class _OutOfTime(Exception):
    """The deadline has passed."""


class Exchange:
    """Runs one call on a runner. The runner is fit for another call only if the ending says so."""

    def __init__(
        self, runner: RunnerProcess, host: Host, threads: Threads, deadline: Deadline, share: Share | None = None
    ) -> None:
        self._runner = runner
        self._host = host
        self._deadline = deadline
        self._share = share = share or Share.of_one_call()
        self._received = bytearray()
        self._writing = threading.Lock()
        self._open = True
        self.loading_seconds: float | None = None
        """How long it took the runner to define the code; None if that failed, or had been done before."""
        self._host_calls = HostCalls(self._answer, threads, share)

    def run(self, code: str, make_event: Callable[[], str], definition_seconds: float) -> Ending:
        """Define the code, handle the event that `make_event` makes at the last moment, and tell how it ended.

        Raises PreparationLost when the runner was prepared for this code, and that has come to nothing.
        """
        defining = True
        forget = self._deadline.on_early_end(self._runner.kill)
        try:
            definition_deadline = self._deadline.at_most(definition_seconds)
            if self._runner.prepared:
                self._collect_prepared(definition_deadline)
            else:
                began = time.monotonic()
                self._send(Message(Kind.DEFINE, _seconds(definition_deadline), code), definition_deadline)
                if early := self._converse(Kind.DEFINED, definition_deadline, self._host.log):
                    return early
                self.loading_seconds = time.monotonic() - began
            defining = False
            self._send(Message(Kind.HANDLE, _seconds(self._deadline), make_event()), self._deadline)
            ending = self._converse(Kind.ENDED, self._deadline, self._host.log)
            return ending or Crashed("the runner answered out of turn")
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

    def _collect_prepared(self, deadline: Deadline) -> None:
        """Wait until the definition that the runner was given earlier is done. What it logged belongs to this call."""
        lines: list[str] = []
        room = PREPARED_LOG

        def keep(line: str) -> None:
            nonlocal room
            room -= len(line) + 1
            if room < 0:
                raise BrokenWire("it logged more than is kept")
            lines.append(line)

        try:
            failure = self._converse(Kind.DEFINED, deadline, keep)
        except (_OutOfTime, BrokenWire):
            if self._deadline.expired:
                raise
            raise PreparationLost from None
        finally:
            self._runner.use_prepared()
        if failure:  # it may have had to do with the moment; the call has a definition of its own to tell
            raise PreparationLost
        for line in lines:
            self._host.log(line)

    def _converse(self, until: Kind, deadline: Deadline, log: Callable[[str], None]) -> Ending | None:
        """Serve the guest until the message that is waited for; None when a definition succeeded."""
        while True:
            message = self._receive(deadline)
            match message.kind:
                case Kind.LOG:
                    log(message.text)
                case Kind.START if until is Kind.ENDED:
                    capability, told, arguments = message.text.partition("\n")
                    self._host_calls.start(message.number, capability[:LONGEST_NAME], arguments if told else None)
                case Kind.TRAPPED:
                    return Crashed(message.text)
                case Kind.DEFINED if until is Kind.DEFINED:
                    return NotDefined(message.text) if message.text else None
                case Kind.ENDED if until is Kind.ENDED:
                    return Finished(message.text)
                case _:
                    raise BrokenWire(f"{message.kind.name} came out of turn")

    def _answer(self, number: int, capability: str, arguments: str | None) -> None:
        """Work on one host call, in a thread of its own. A reply to a call that is over is dropped.

        Without arguments the request had no room for them.
        """
        reply = self._share.refusal if arguments is None else self._host.call(capability, arguments)
        if reply is None:
            raise NoReply
        size = text_bytes(reply)
        fits = self._share.held.take(size)
        try:
            self._send(Message(Kind.REPLY, number, reply if fits else self._share.refusal), self._deadline)
        except (BrokenWire, _OutOfTime):
            return  # the call is over, and its ending is told by the thread that runs it
        finally:
            if fits:
                self._share.held.give_back(size)

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
        if kind is not Kind.START:
            return Message(kind, number, decode_text(self._take(length, deadline)))
        # A text is there twice while it is read. One that does not fit is left out, and so are its arguments then.
        if not self._share.held.take(2 * length):
            self._skip(length, deadline)
            return Message(kind, number)
        try:
            return Message(kind, number, decode_text(self._take(length, deadline)))
        finally:
            self._share.held.give_back(2 * length)

    def _take(self, size: int, deadline: Deadline) -> bytes:
        while len(self._received) < size:
            self._fill(deadline)
        with memoryview(self._received) as received, received[:size] as part:
            taken = bytes(part)
        del self._received[:size]
        return taken

    def _skip(self, size: int, deadline: Deadline) -> None:
        while len(self._received) < size:
            size -= len(self._received)
            self._received.clear()
            self._fill(deadline)
        del self._received[:size]

    def _fill(self, deadline: Deadline) -> None:
        if deadline.expired:  # also when the guest keeps sending
            raise _OutOfTime
        poll = select.poll()
        poll.register(self._runner.incoming, select.POLLIN)
        about_to_wait()
        if not poll.poll(_milliseconds(deadline)):
            raise _OutOfTime
        chunk = os.read(self._runner.incoming, NARROW_PIPE)
        if not chunk:
            raise BrokenWire("it closed its pipe")
        self._received += chunk


def _seconds(deadline: Deadline) -> int:
    """When a runner ends itself, in seconds from now, should this process not have killed it."""
    return int(deadline.remaining()) + 1 + GRACE_SECONDS


def _milliseconds(deadline: Deadline) -> int:
    return int(deadline.remaining() * 1000) + 1
