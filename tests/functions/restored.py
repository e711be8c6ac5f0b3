"""Run as a program: prepares a handler as SnapStart does, and times copies of the process, one after the other.

A fork is such a copy, as in `prepared.py`. Each line of standard input is an event as JSON. A copy answers it and writes
a line of JSON: the `answer`, and the seconds of making its application anew (`restore`) and of this first `call`.

Argument: the file descriptor to write to. Standard output is for what the handler logs.
"""

import json
import os
import sys
import time
from typing import TextIO

from awslambdaric.lambda_runtime_hooks_runner import run_after_restore, run_before_snapshot
from invoke import Context

from functions.api import app


def tell_times(event: str, output: TextIO) -> None:
    started = time.perf_counter()
    run_after_restore()
    restored = time.perf_counter()
    answer = app.handler(json.loads(event), Context(f"restored-{os.getpid()}"))
    ended = time.perf_counter()
    output.write(json.dumps({"answer": answer, "restore": restored - started, "call": ended - restored}) + "\n")
    output.flush()
    app.deployment.application.close()


def main(output: TextIO) -> None:
    run_before_snapshot()
    for event in sys.stdin:
        if (pid := os.fork()) == 0:
            try:
                tell_times(event, output)
            except BaseException:
                sys.excepthook(*sys.exc_info())
                os._exit(1)
            os._exit(0)
        if os.waitpid(pid, 0)[1] != 0:
            sys.exit(1)


if __name__ == "__main__":
    main(os.fdopen(int(sys.argv[1]), "w"))
