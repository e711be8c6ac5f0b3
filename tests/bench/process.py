"""Servers as processes: started on a port, waited for, and ended."""

import os
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

START_SECONDS = 60
END_SECONDS = 20


def free_port() -> int:
    """A port of this machine that nobody uses at the moment."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def started(
    command: Sequence[str], port: int, *, env: Mapping[str, str] | None = None, cwd: Path | None = None, **account: Any
) -> Iterator[int]:
    """A process that answers at `port` by now; gives its process id, and ends it afterwards.

    `account` may say as whom it runs (`user`, `group`, `extra_groups`). Raises RuntimeError, with what it printed, if
    it does not start.
    """
    with tempfile.TemporaryFile() as log:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            env=env,
            cwd=cwd,
            start_new_session=True,
            **account,
        )
        try:
            _wait_for(port, process, log)
            yield process.pid
        finally:
            process.terminate()
            try:
                process.wait(END_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _wait_for(port: int, process: subprocess.Popen[bytes], log: Any) -> None:
    give_up_at = time.monotonic() + START_SECONDS
    while process.poll() is None and time.monotonic() < give_up_at:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    printed = os.pread(log.fileno(), 10_000, 0).decode(errors="replace")
    raise RuntimeError(f"{process.args} does not start:\n{printed}")
