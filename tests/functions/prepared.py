"""Run as a program: imports a handler, uses it, and is then copied, as Lambda's SnapStart does with a snapshot.

A fork is such a copy: it begins with all of the memory and the open files of the process, and knows nothing of the other
copies. The hooks are run by Lambda's own client of its runtime.

Arguments: how many copies, a file with two events as a JSON list, which the process answers before it is copied and each
of the copies afterwards, and a file for what all of them tell.
"""

import json
import os
import random
import secrets
import socket
import sys
import threading
import traceback
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

from awslambdaric.lambda_runtime_hooks_runner import run_after_restore, run_before_snapshot
from invoke import Context

from functions.api import app


def answers(events: list[Any]) -> list[Any]:
    return [app.handler(event, Context(f"{os.getpid()}-{n}")) for n, event in enumerate(events)]


def told(events: list[Any]) -> dict[str, Any]:
    """What tells one copy from the others, and what they must not share."""
    return {
        "answers": answers(events),
        "random": [random.random(), secrets.token_hex(8), str(uuid.uuid4()), str(uuid.uuid1())],
        "fork server": app.deployment.application.sandbox._fork_server.pid,
        "open": opened(),
    }


def opened() -> list[str]:
    """Connections, pipes and files that are open, beside the standard streams; the name of a socket has its number.

    The SDK of X-Ray has a socket from which it sends datagrams. That is connected to nobody, and copies may share it.
    """
    names = {}
    for descriptor in map(int, os.listdir("/proc/self/fd")):
        try:
            names[descriptor] = os.readlink(f"/proc/self/fd/{descriptor}")
        except FileNotFoundError:  # that of the listing itself
            continue
    return [name for descriptor, name in names.items() if descriptor > 2 and not sends_datagrams(descriptor, name)]


def sends_datagrams(descriptor: int, name: str) -> bool:
    if not name.startswith("socket:"):
        return False
    with socket.socket(fileno=os.dup(descriptor)) as copy:
        return copy.type == socket.SOCK_DGRAM


def copy(work: Callable[[], Any], output: Path) -> int:
    """The process id of a fork that writes what `work` returns, as JSON."""
    pid = os.fork()
    if pid == 0:
        try:
            output.write_text(json.dumps(work()))
            os._exit(0)
        except BaseException:
            traceback.print_exc()
        finally:
            os._exit(1)
    return pid


def main(copies: int, events: Path, output: Path) -> None:
    to_answer = json.loads(events.read_text())
    first = told(to_answer)
    run_before_snapshot()
    before = {"open": opened(), "threads": [thread.name for thread in threading.enumerate()]}

    state = random.getstate()

    def restored() -> Any:
        random.setstate(state)  # a fork seeds it anew, which a snapshot does not
        run_after_restore()
        return told(to_answer)

    # All are there at once, and none waits for another.
    outputs = [output.with_name(f"copy-{number}.json") for number in range(copies)]
    for pid in [copy(restored, each) for each in outputs]:
        os.waitpid(pid, 0)
    copied = [json.loads(each.read_text()) for each in outputs]
    output.write_text(json.dumps({"first": first, "snapshot": before, "copies": copied}))


if __name__ == "__main__":
    main(int(sys.argv[1]), Path(sys.argv[2]), Path(sys.argv[3]))
