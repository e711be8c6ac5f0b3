"""A function that tells what it finds in its container; it stands where Relive would."""

import os
import socket
import threading
from pathlib import Path
from typing import Any

PLACES = ("/", "/dev", "/etc", "/home", "/opt", "/run", "/tmp", "/var", "/var/runtime", "/var/task")
STRANGERS = ("192.0.2.1", "169.254.169.254")
"""An address that nobody has (RFC 5737), and that of the metadata service."""
MORE_THAN_ENOUGH = 5000


def handler(event: Any, context: Any) -> dict[str, Any]:
    """Every finding by its name."""
    memory = int(os.environ["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"]) << 20
    return {
        "user": [os.getuid(), os.getgid(), *os.getgroups()],
        "capabilities": _status("CapEff"),
        "writable": [place for place in PLACES if _is_writable(Path(place))],
        "shared memory": Path("/dev/shm").exists(),
        "files": _open_files(),
        "processes": _threads(),
        "reachable": [address for address in STRANGERS if _is_reachable(address)],
        "half the memory": _ending_of_a_process_with(memory // 2),
        "twice the memory": _ending_of_a_process_with(memory * 2),
        "disk in /tmp": _size_of_tmp(),
    }


def _status(field: str) -> str:
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(line.split()[1] for line in lines if line.startswith(f"{field}:"))


def _is_writable(place: Path) -> bool:
    try:
        (place / "written").write_bytes(b"x")
    except OSError:
        return False
    return True


def _open_files() -> int:
    """How many descriptors there can be."""
    opened: list[int] = []
    try:
        while len(opened) < MORE_THAN_ENOUGH:
            opened.append(os.open("/", os.O_RDONLY))
    except OSError:
        return opened[-1] + 1
    finally:
        for descriptor in opened:
            os.close(descriptor)
    return MORE_THAN_ENOUGH


def _threads() -> int:
    """How many there can be beside those of the runtime; for the kernel they are processes."""
    end = threading.Event()
    threads: list[threading.Thread] = []
    try:
        while len(threads) < MORE_THAN_ENOUGH:
            thread = threading.Thread(target=end.wait)
            thread.start()
            threads.append(thread)
    except RuntimeError:
        pass
    finally:
        end.set()
        for thread in threads:
            thread.join()
    return len(threads)


def _is_reachable(address: str) -> bool:
    try:
        socket.create_connection((address, 80), timeout=1).close()
    except OSError:
        return False
    return True


def _ending_of_a_process_with(size: int) -> int:
    """The exit code of a process that uses so many bytes, or minus the signal that killed it."""
    pid = os.fork()
    if pid == 0:
        _ = b"x" * size
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def _size_of_tmp() -> int:
    told = os.statvfs("/tmp")
    return told.f_blocks * told.f_frsize
