"""The fork server as the server sees it: starting it, having it fork runners and collect them."""

import contextlib
import importlib.util
import logging
import os
import signal
import socket
import subprocess
import sys
import threading
from pathlib import Path

from runtime.sandbox.fork_orders import FORK, PID, REAP, STATUS
from runtime.sandbox.lockdown import layers
from runtime.sandbox.lockdown.layers import Layer
from runtime.sandbox.runner_process import RunnerProcess
from runtime.sandbox.wire import HEADER, BrokenWire, decode_header, decode_text

START_SECONDS = 30
ANSWER_SECONDS = 2
"""How long the fork server may take to start, and for an answer; it takes less than a second, and a millisecond."""

BROKEN_OUT = (
    "A runner tried what no guest can, and was killed by its seccomp filter. Code of the app may have broken out of "
    "WebAssembly; or this system's libraries need a system call that the filter does not know."
)

PACKAGE_ROOT = Path(__file__).resolve().parents[2]

BOOTSTRAP = "import sys; sys.path[:0] = sys.argv.pop(1).split(':'); from runtime.sandbox.forkserver import main; main()"


logger = logging.getLogger(__name__)


class SandboxUnavailable(Exception):
    """No runner can be started; the message says why."""


class ForkServer:
    """Starts the fork server process when the first runner is wanted, and again when it has died."""

    def __init__(self, guest: Path, memory_mb: int) -> None:
        self.guest = guest
        self.memory_mb = memory_mb
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._control: socket.socket | None = None
        self._layers: tuple[Layer, ...] | None = None
        self._closed = False

    @property
    def pid(self) -> int | None:
        """The process id of the fork server, None before it was needed."""
        return self._process.pid if self._process else None

    def launch(self) -> None:
        """Begin to start the process unless it runs, and do not wait for it. What goes wrong is told by `start`."""
        with self._lock, contextlib.suppress(SandboxUnavailable):
            self._ensure_launched()

    def start(self) -> tuple[Layer, ...]:
        """Start the process unless it runs; tells how it and its runners are locked. Raises SandboxUnavailable."""
        with self._lock:
            _, told = self._ensure_started()
            return told

    def fork(self, app: str) -> RunnerProcess:
        """A new runner for an app. Raises SandboxUnavailable."""
        with self._lock:
            for attempt in (1, 2):
                control, _ = self._ensure_started()
                try:
                    return self._fork(control, app)
                except (OSError, BrokenWire) as exception:  # the process has died since it was last used, or is stuck
                    self._stop(at_once=isinstance(exception, TimeoutError))
                    if attempt == 2:
                        raise SandboxUnavailable(f"No runner can be started: {exception}") from exception
        raise AssertionError

    def reap(self, runner: RunnerProcess) -> None:
        """Have a killed runner collected. One whose fork server has died is collected by the system."""
        with self._lock:
            if self._control is None:
                return
            try:
                self._control.sendall(REAP + PID.pack(runner.pid))
                (status,) = STATUS.unpack(_receive(self._control, STATUS.size))
            except (OSError, BrokenWire) as exception:
                self._stop(at_once=isinstance(exception, TimeoutError))
                return
        if os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGSYS:
            logger.critical(BROKEN_OUT, extra={"app": runner.app})

    def close(self) -> None:
        """End the process; it ends all runners."""
        with self._lock:
            self._closed = True
            self._stop()

    def _ensure_launched(self) -> socket.socket:
        if self._control is not None:
            return self._control
        if self._closed:
            raise SandboxUnavailable("The sandbox is closed.")
        if not self.guest.exists():
            raise SandboxUnavailable(f"There is no compiled guest at {self.guest}. Build it: make guest")
        try:
            self._control, self._process = self._launch()
        except OSError as exception:
            raise SandboxUnavailable(f"The sandbox does not start: {exception.strerror}.") from None
        return self._control

    def _ensure_started(self) -> tuple[socket.socket, tuple[Layer, ...]]:
        control = self._ensure_launched()
        if self._layers is not None:
            return control, self._layers
        control.settimeout(START_SECONDS)
        try:
            length, _, is_ready = decode_header(_receive(control, HEADER.size))
            told = decode_text(_receive(control, length))
            control.settimeout(ANSWER_SECONDS)
        except (OSError, BrokenWire) as exception:
            is_ready, told = 0, f"its process ended at once ({exception})"
        if not is_ready:
            self._stop()
            raise SandboxUnavailable(f"The sandbox does not start: {told}")
        self._layers = layers.decode(told)
        return control, self._layers

    def _launch(self) -> "tuple[socket.socket, subprocess.Popen[bytes]]":
        ours, theirs = socket.socketpair()
        with theirs:
            try:
                arguments = [_module_folders(), str(theirs.fileno()), str(self.guest.resolve()), str(self.memory_mb)]
                return ours, subprocess.Popen(
                    [sys.executable, "-I", "-S", "-c", BOOTSTRAP, *arguments],  # -S: nor does it need site-packages
                    env=_environment(),
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.DEVNULL,
                    stderr=subprocess.DEVNULL,
                    close_fds=True,
                    pass_fds=(theirs.fileno(),),
                    start_new_session=True,
                )
            except OSError:
                ours.close()
                raise

    def _fork(self, control: socket.socket, app: str) -> RunnerProcess:
        to_runner = _pipe()
        try:
            from_server = _pipe()
        except SandboxUnavailable:
            _close(*to_runner)
            raise
        try:
            control.sendall(FORK)
            socket.send_fds(control, [b"\0"], [to_runner[0], from_server[1]])
            pid = _receive_pid(control)
        except BaseException:
            _close(to_runner[1], from_server[0])
            raise
        finally:
            _close(to_runner[0], from_server[1])
        if pid < 0:
            _close(to_runner[1], from_server[0])
            raise SandboxUnavailable("No runner can be started: the system refuses another process.")
        os.set_blocking(to_runner[1], False)
        os.set_blocking(from_server[0], False)
        return RunnerProcess(pid, app, incoming=from_server[0], outgoing=to_runner[1], _server=self)

    def _stop(self, *, at_once: bool = False) -> None:
        if self._control is not None:
            self._control.close()
            self._control = None
            self._layers = None
        if self._process is not None:
            try:
                self._process.wait(0 if at_once else 1)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
            self._process = None


def _pipe() -> tuple[int, int]:
    try:
        return os.pipe()
    except OSError as exception:  # out of descriptors, which says nothing of the fork server
        raise SandboxUnavailable(f"No runner can be started: {exception.strerror}.") from None


def _close(*descriptors: int) -> None:
    for descriptor in descriptors:
        os.close(descriptor)


def _receive_pid(control: socket.socket) -> int:
    pid: int = PID.unpack(_receive(control, PID.size))[0]
    return pid


def _receive(control: socket.socket, size: int) -> bytes:
    received = b""
    while len(received) < size:
        chunk = control.recv(size - len(received))
        if not chunk:
            raise BrokenWire("the fork server has gone")
        received += chunk
    return received


def _module_folders() -> str:
    """Where the fork server finds this package and wasmtime; its own environment names nothing.

    wasmtime is not imported to find it: this process does not need it.
    """
    wasmtime = importlib.util.find_spec("wasmtime")
    assert wasmtime is not None
    assert wasmtime.origin is not None
    return f"{PACKAGE_ROOT}:{Path(wasmtime.origin).parents[1]}"


def _environment() -> dict[str, str]:
    """Empty, but for the one variable without which Lambda's Python does not find its own library."""
    return {"LD_LIBRARY_PATH": os.environ["LD_LIBRARY_PATH"]} if "LD_LIBRARY_PATH" in os.environ else {}
