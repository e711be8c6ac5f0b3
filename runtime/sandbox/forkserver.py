"""The fork server: a process that has loaded the engine and the guest, and does nothing but fork runners.

It starts clean, with an empty environment, and runs no guest code: that would start threads of the engine, and a
process with threads must not fork. A runner costs a fork, about a millisecond, and shares everything that was loaded.
"""

import array
import os
import signal
import socket
import sys
from pathlib import Path

from wasmtime.component import Component

from runtime.sandbox.architecture import memory_image, require_native
from runtime.sandbox.engine import make_engine
from runtime.sandbox.fork_orders import FORK, PID, REAP, STATUS
from runtime.sandbox.lockdown import layers
from runtime.sandbox.lockdown.lock import RunnerLock, lock_fork_server
from runtime.sandbox.memory.changed_pages import open_proc
from runtime.sandbox.memory.memories import Memories
from runtime.sandbox.runner import Guest, run
from runtime.sandbox.wire import Kind, Message, encode


def load_guest(path: Path, memory_mb: int) -> Guest:
    """The compiled guest. Raises ForeignGuest, OSError, or wasmtime's error for a file of another version of it."""
    require_native(path)
    memories = Memories(memory_image(path))
    engine = make_engine(memories)
    return Guest(engine, Component.deserialize_file(engine, str(path)), memories, memory_mb)


def serve(control: socket.socket, path: Path, memory_mb: int) -> None:
    """Fork and reap as told, until the other side closes; then end all runners."""
    try:
        guest = load_guest(path, memory_mb)
    except Exception as exception:
        control.sendall(encode(Message(Kind.READY, number=0, text=str(exception))))
        return
    proc = open_proc()
    lock = lock_fork_server(memory_mb)
    control.sendall(encode(Message(Kind.READY, number=1, text=layers.encode(lock.layers))))
    runners: set[int] = set()
    try:
        while command := control.recv(1, socket.MSG_WAITALL):
            if command == FORK:
                _fork_runner(control, guest, proc, lock, runners)
            elif command == REAP:
                _reap_runner(control, runners)
    except (ConnectionError, IndexError):  # the server has gone, in the midst of a request perhaps
        pass
    finally:
        for pid in runners:
            os.kill(pid, signal.SIGKILL)


def _fork_runner(control: socket.socket, guest: Guest, proc: int | None, lock: RunnerLock, runners: set[int]) -> None:
    incoming, outgoing = _receive_descriptors(control)
    try:
        pid = os.fork()
    except OSError:
        pid = -1
    if pid == 0:
        control.close()
        run(guest, proc, lock, incoming, outgoing)
    os.close(incoming)
    os.close(outgoing)
    if pid > 0:
        runners.add(pid)
    control.sendall(PID.pack(pid))


def _reap_runner(control: socket.socket, runners: set[int]) -> None:
    """Collect a runner that has been killed, and answer with its status.

    Until then its process id stays taken, and no other process gets it.
    """
    (pid,) = PID.unpack(control.recv(PID.size, socket.MSG_WAITALL))
    status = 0
    if pid in runners:
        runners.remove(pid)
        _, status = os.waitpid(pid, 0)
    control.sendall(STATUS.pack(status))


def _receive_descriptors(control: socket.socket) -> tuple[int, int]:
    size = array.array("i").itemsize
    _, ancillary, _, _ = control.recvmsg(1, socket.CMSG_LEN(2 * size))
    descriptors = array.array("i", ancillary[0][2])
    return descriptors[0], descriptors[1]


def main() -> None:
    """`forkserver.py CONTROL GUEST MEMORY`.

    The number of the inherited control socket, the compiled guest's path, and the megabytes of an instance's memory.
    """
    control = socket.socket(fileno=int(sys.argv[1]))
    control.set_inheritable(False)
    os.environ.clear()
    os.chdir("/")
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C in a terminal reaches all its processes; the server decides
    serve(control, Path(sys.argv[2]), int(sys.argv[3]))
