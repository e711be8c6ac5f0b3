"""`sam local` on the engine of the tests, with the image that was imported there."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.conftest import ROOT
from tests.container.engine import Engine
from tests.container.image import IMAGE
from tests.container.stack import Stack
from tests.functions.package import SAM

SEND = Path(__file__).with_name("send.py")
PORT = 3001
"""Of `sam local start-lambda`, in the engine's network, where nobody else is."""

Send = Callable[[str, Sequence[Any]], list[Any]]
"""What a warm function, by its name, answers to events, one after the other."""


@dataclass(frozen=True)
class Invocation:
    """What a function answered, and the entries that it wrote into its log, from its start on."""

    answer: Any
    log: list[dict[str, Any]]


class SamLocal:
    """The commands below `sam local`. Several may run at once."""

    def __init__(self, engine: Engine, home: Path) -> None:
        self._engine = engine
        self._home = home

    def invoke(self, stack: Stack, function: str, event: Path) -> Invocation:
        """Invoke a function with the event in the file, in a new container."""
        command = self._command("invoke", function, "--template", str(stack.template), "--event", str(event))
        finished = self._run(command)
        assert finished.stdout, finished.stderr
        log = [json.loads(line) for line in finished.stderr.splitlines() if line.startswith('{"')]
        return Invocation(json.loads(finished.stdout), log)

    @contextmanager
    def warm(self, stack: Stack) -> Iterator[Send]:
        """Functions that keep their containers, as those of Lambda do."""
        command = self._command(
            "start-lambda", "--template", str(stack.template), "--port", str(PORT), "--warm-containers", "LAZY"
        )
        with (self._home / "start-lambda.log").open("wb") as log:
            process = subprocess.Popen(command, cwd=ROOT, env=self._environment(), stdout=log, stderr=subprocess.STDOUT)
        try:
            yield self._send
        finally:
            process.kill()  # what else it would do may be left to the engine
            process.wait()

    def _send(self, function: str, events: Sequence[Any]) -> list[Any]:
        url = f"http://127.0.0.1:{PORT}/2015-03-31/functions/{function}/invocations"
        command = self._engine.entered([sys.executable, "-I", str(SEND), url])
        answers: list[Any] = json.loads(self._run(command, json.dumps(events)).stdout)
        return answers

    def _command(self, name: str, *arguments: str) -> list[str]:
        options = ["--invoke-image", IMAGE, "--skip-pull-image", "--config-file", str(ROOT / "samconfig.toml")]
        return self._engine.entered([str(SAM / "bin" / "sam"), "local", name, *arguments, *options])

    def _run(self, command: Sequence[str], given: str = "") -> "subprocess.CompletedProcess[str]":
        finished = subprocess.run(
            command, cwd=ROOT, env=self._environment(), input=given, capture_output=True, text=True, timeout=120
        )
        assert finished.returncode == 0, finished.stderr
        return finished

    def _environment(self) -> dict[str, str]:
        """No credentials, no proxy, and no other engine."""
        return {
            "HOME": str(self._home),
            "TMPDIR": str(self._home),
            "PATH": os.environ["PATH"],
            "DOCKER_HOST": self._engine.address,
            "AWS_DEFAULT_REGION": "us-east-1",
            "SAM_CLI_TELEMETRY": "0",
        }
