"""A container engine of the tests' own, in namespaces of its own: it ends with the tests, and leaves nothing behind.

It shares no image, container, network or mount with an engine that this machine may have. Its network leads nowhere;
who wants to talk to a container has to enter it.
"""

import contextlib
import os
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

OCI_RUNTIME = Path(__file__).with_name("oci_runtime.py")
NEEDED = ("dockerd", "docker", "runc", "unshare", "nsenter", "setpriv", "ip")
START_SECONDS = 60
END_SECONDS = 20

# An empty /run hides the engine and the containerd of this machine. Images and containers, some 300 MB, are kept in
# memory: nothing of them has to be removed. All that is mounted here is mounted nowhere else.
INSIDE = "mount -t tmpfs tmpfs /run && mount -t tmpfs tmpfs {data} && ip link set lo up && exec {command}"


class EngineUnavailable(Exception):
    """No engine can be started on this machine; the message says why."""


class Engine:
    """A running engine."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.address = f"unix://{folder}/docker.sock"
        self._log = folder / "log"
        data = folder / "data"
        data.mkdir()
        inside = INSIDE.format(data=shlex.quote(str(data)), command=shlex.join(self._command(folder)))
        self._process = subprocess.Popen(
            # With the process that runs the tests this one ends, also when that is killed; and with it all inside.
            ["setpriv", "--pdeathsig", "KILL", "unshare", "--mount", "--net", "--pid", "--fork", "--kill-child",
             "--mount-proc", "sh", "-c", inside],
            stdin=subprocess.DEVNULL,
            stdout=self._log.open("wb"),
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )  # fmt: skip

    def _command(self, folder: Path) -> list[str]:
        runtime = folder / "runtime"
        runtime.write_text(f'#!/bin/sh\nexec {shlex.join([sys.executable, "-I", str(OCI_RUNTIME)])} "$@"\n')
        runtime.chmod(0o755)
        return [
            "dockerd", "--host", self.address, "--pidfile", str(folder / "pid"),
            "--data-root", str(folder / "data"), "--exec-root", str(folder / "exec"),
            "--iptables=false", "--ip6tables=false", "--ip-masq=false", "--exec-opt", "native.cgroupdriver=cgroupfs",
            "--shutdown-timeout", "1", "--add-runtime", f"lambda={runtime}", "--default-runtime", "lambda",
        ]  # fmt: skip

    @property
    def pid(self) -> int:
        """Of the process that all others of the engine end with."""
        return self._process.pid

    def wait_until_ready(self) -> None:
        """Raises EngineUnavailable when it does not start."""
        give_up_at = time.monotonic() + START_SECONDS
        while self.docker("version", check=False).returncode:
            if self._process.poll() is not None or time.monotonic() > give_up_at:
                raise EngineUnavailable(f"the container engine does not start: {self._log.read_text()[-1000:]}")
            time.sleep(0.1)

    def docker(self, *arguments: str, check: bool = True) -> "subprocess.CompletedProcess[str]":
        """Run a command of its client."""
        command = ["docker", "--host", self.address, *arguments]
        return subprocess.run(command, capture_output=True, text=True, timeout=120, check=check)

    def import_image(self, root: Path, name: str, variables: Mapping[str, str]) -> None:
        """Make an image of the content of a folder; the variables are set in its containers."""
        changes = [f"--change=ENV {variable}={value}" for variable, value in variables.items()]
        with subprocess.Popen(["tar", "-C", str(root), "-c", "."], stdout=subprocess.PIPE) as content:
            command = ["docker", "--host", self.address, "import", *changes, "-", name]
            subprocess.run(command, stdin=content.stdout, capture_output=True, timeout=120, check=True)
        assert content.returncode == 0

    def entered(self, command: Sequence[str]) -> list[str]:
        """The command, to be run in the engine's network, and to end with the thread that starts it."""
        return ["setpriv", "--pdeathsig", "KILL", "nsenter", f"--net=/proc/{self.pid}/ns/net", *command]

    def end(self) -> None:
        """Have it end its containers and itself; kill whatever does not."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGTERM)  # dockerd; unshare waits for it
        try:
            self._process.wait(END_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


def why_no_engine() -> str:
    """Why none can be started on this machine; nothing when one can."""
    if sys.platform != "linux":
        return "this is not Linux"
    if os.geteuid() != 0:
        return "only root can start one"
    missing = [name for name in NEEDED if not shutil.which(name)]
    return f"{', '.join(missing)} not installed (make system-packages)" if missing else ""


@contextmanager
def engine() -> Iterator[Engine]:
    """An engine for as long as the context lasts. Raises EngineUnavailable."""
    why_not = why_no_engine()
    if why_not:
        raise EngineUnavailable(f"no container engine: {why_not}")
    with tempfile.TemporaryDirectory(prefix="relive-engine-", ignore_cleanup_errors=True) as folder:
        running = Engine(Path(folder))
        try:
            running.wait_until_ready()
            yield running
        finally:
            running.end()
