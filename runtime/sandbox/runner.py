"""A runner: the process in which guests run, one call after the other, each in a fresh instance.

It is forked from the fork server, serves one app for its whole life, and has nothing but two pipes. It is killed when
a call overstays its deadline; nothing in here tries to stop a guest.
"""

import os
import select
import signal
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from wasmtime import Engine, Store, WasiConfig
from wasmtime.component import Component, Instance, Linker

from runtime.deadline import Deadline
from runtime.sandbox.lockdown.lock import RunnerLock
from runtime.sandbox.memory.changed_pages import open_changed_pages
from runtime.sandbox.memory.memories import Memories
from runtime.sandbox.text_function import TextFunction
from runtime.sandbox.wire import LONGEST_FROM_RUNNER, BrokenWire, Kind, Message, read_blocking, write_blocking

MEGABYTE = 1024 * 1024
TABLE_ELEMENTS = 100_000
INSTANCES = 100


@dataclass(frozen=True)
class Guest:
    """What every instance is made from, and the memory that each may have."""

    engine: Engine
    component: Component
    memories: Memories
    memory_mb: int


class MessageTooLongError(Exception):
    """The guest wants to hand over more than any message may hold."""


class Runner:
    """Reads messages from one pipe and writes what becomes of them to the other.

    A call is a definition and the handling of an event, in an instance of their own. The definition may come long
    before the event, so that the instance is ready when it is wanted.
    """

    def __init__(self, guest: Guest, incoming: int, outgoing: int) -> None:
        self._guest = guest
        self._incoming = incoming
        self._outgoing = outgoing
        self._next_call = 0
        self._under_way: set[int] = set()
        self._defining = False
        self._defined: tuple[Store, Instance] | None = None
        self._define_code = TextFunction(guest.component, "define")
        self._handle_event = TextFunction(guest.component, "handle")
        self._linker = self._make_linker()

    def serve(self) -> None:
        """Serve calls until the other side closes the pipe."""
        while True:
            message = read_blocking(self._incoming)
            match message.kind:
                case Kind.DEFINE:
                    self._in_time(message, self._define)
                case Kind.PREPARE:
                    self._in_time(message, self._prepare)
                case Kind.HANDLE:
                    self._in_time(message, self._handle)
                case Kind.REPLY:  # to an earlier call, and too late for anyone
                    pass
                case _:
                    raise BrokenWire(f"{message.kind.name} is no message to a runner")

    def _in_time(self, message: Message, work: Callable[[str], None]) -> None:
        """Should nobody kill an overstaying runner, because the server itself has died, the kernel does."""
        signal.alarm(message.number)
        try:
            work(message.text)
        except BrokenWire:
            raise
        except Exception as exception:
            self._send(Kind.TRAPPED, text=_reason(exception))
            self._defined = None
        finally:
            signal.alarm(0)

    def _define(self, code: str) -> None:
        self._defined = None  # before the next one takes its memory
        self._define_in(code, *self._instantiate())

    def _prepare(self, code: str) -> None:
        self._defined = None
        is_first = not self._guest.memories.are_warm
        store, instance = self._instantiate()
        if is_first:
            warm_up = instance.get_func(store, "warm-up")
            assert warm_up is not None
            warm_up(store)
        self._define_in(code, store, instance)

    def _define_in(self, code: str, store: Store, instance: Instance) -> None:
        self._under_way.clear()
        self._defining = True
        failure = self._define_code(store, instance, code)
        self._defining = False
        if not failure:
            self._defined = store, instance
        self._send(Kind.DEFINED, text=failure)

    def _handle(self, event: str) -> None:
        if self._defined is None:
            raise BrokenWire("an event came where a definition was due")
        self._send(Kind.ENDED, text=self._handle_event(*self._defined, event))
        self._defined = None

    def _instantiate(self) -> tuple[Store, Instance]:
        store = Store(self._guest.engine)
        # No arguments, no environment, no folders, no sockets: what WasiConfig is not given, the guest does not have.
        store.set_wasi(WasiConfig())
        memory_size = self._guest.memory_mb * MEGABYTE
        store.set_limits(memory_size=memory_size, table_elements=TABLE_ELEMENTS, instances=INSTANCES)
        return store, self._linker.instantiate(store, self._guest.component)

    def _make_linker(self) -> Linker:
        linker = Linker(self._guest.engine)
        linker.add_wasip2()
        with linker.root() as root:
            root.add_func("start", self._start)
            root.add_func("wait", self._wait)
            root.add_func("log", self._log)
        return linker

    def _start(self, _: Any, capability: str, arguments: str) -> int:
        if self._defining:
            raise RuntimeError("the top level of a file tried to call the host")
        # Numbers go on from call to call, so that a late reply to one call is never taken for a reply to the next.
        self._next_call = (self._next_call + 1) % 2**32
        self._under_way.add(self._next_call)
        self._send(Kind.START, self._next_call, f"{capability}\n{arguments}")
        return self._next_call

    def _wait(self, _: Any, timeout_milliseconds: int | None) -> tuple[int, str] | None:
        deadline = None if timeout_milliseconds is None else Deadline.after(timeout_milliseconds / 1000)
        while select.select([self._incoming], [], [], None if deadline is None else deadline.remaining())[0]:
            reply = self._receive_reply()
            if reply.number in self._under_way:
                self._under_way.remove(reply.number)
                return reply.number, reply.text
        return None

    def _log(self, _: Any, line: str) -> None:
        self._send(Kind.LOG, text=line)

    def _send(self, kind: Kind, number: int = 0, text: str = "") -> None:
        if len(text) > LONGEST_FROM_RUNNER:  # told before it is encoded, which would take as much memory again
            raise MessageTooLongError(
                f"the guest handed the host more than {LONGEST_FROM_RUNNER // MEGABYTE} MB at once"
            )
        write_blocking(self._outgoing, Message(kind, number, text))

    def _receive_reply(self) -> Message:
        message = read_blocking(self._incoming)
        if message.kind is not Kind.REPLY:
            raise BrokenWire(f"{message.kind.name} came where a reply was due")
        return message


def run(guest: Guest, proc: int | None, lock: RunnerLock, incoming: int, outgoing: int) -> None:
    """The life of a runner, from its fork to its end. Never returns to the fork server's code.

    Besides its pipes it holds only the descriptors of the compiled guest, of the memory that it begins with, and of the
    list of its own pages.
    """
    try:
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
        guest.memories.tell_changes_by(open_changed_pages(proc))
        lock.apply()
        Runner(guest, incoming, outgoing).serve()
    except BaseException:  # whatever it is, it ends here, in this process
        os._exit(1)
    os._exit(0)


def _reason(exception: Exception) -> str:
    """The engine's word for why it stopped the guest: its last line says it, the rest is a stack of our own insides."""
    lines = [line.strip() for line in str(exception).splitlines() if line.strip()]
    for line in reversed(lines):
        if "wasm trap:" in line or "host" in line:
            return line.split("wasm trap:")[-1].strip()
    return lines[-1] if lines else type(exception).__name__
