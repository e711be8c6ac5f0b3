"""What X-Ray is told of a request, as its daemon receives it (AWS: X-Ray segment documents)."""

import json
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import ROOT
from tests.functions.events import API, RUN, environment, event, scenarios
from tests.functions.test_handlers import INVOKE

pytestmark = pytest.mark.slow

TRACE = "1-5759e988-bd862e3fe1be46a994272793"
FAILING = {"app": "bookstore", "function": "order", "data": {"rehearse": "crash"}, "raise": True}

CALLED = {"hello": "top_books", "run-hello": "top_books", "read-books": "types/Book.after_read", "denied-603": None}
"""For some of the events, what code their traces name."""


def segments(daemon: socket.socket) -> list[dict[str, Any]]:
    """All that were sent; a datagram is a header and a segment, each a line of JSON."""
    daemon.settimeout(2)
    received = []
    while True:
        try:
            header, segment = daemon.recv(65_536).decode().split("\n", 1)
        except TimeoutError:
            return received
        assert json.loads(header) == {"format": "json", "version": 1}
        received.append(json.loads(segment))
        daemon.settimeout(0.2)


def traced(
    module: str, events: list[Any], guests: Path, folder: Path, *, sampled: bool = True, error: str = ""
) -> list[dict[str, Any]]:
    """The segments of a process that answers the events, or ends with this error."""
    (folder / "events.json").write_text(json.dumps(events))
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as daemon:
        daemon.bind(("127.0.0.1", 0))
        finished = subprocess.run(
            [sys.executable, str(INVOKE), module, str(folder / "events.json"), str(folder / "answers.json")],
            env={
                **environment(str(ROOT / "examples/bookstore"), str(guests), str(folder / "data")),
                "AWS_XRAY_DAEMON_ADDRESS": f"127.0.0.1:{daemon.getsockname()[1]}",
                "LAMBDA_TASK_ROOT": str(ROOT),
                "_X_AMZN_TRACE_ID": f"Root={TRACE};Parent=53995c3f42cd8ad8;Sampled={sampled:d}",
            },
            capture_output=True,
            text=True,
            timeout=60,
        )
        assert error in finished.stderr
        assert (finished.returncode == 0) is (not error), finished.stderr
        return segments(daemon)


@pytest.mark.parametrize("module", [API, RUN])
def test_every_request_is_told_with_its_app_and_how_it_ended(module: str, guests: Path, tmp_path: Path) -> None:
    rows = scenarios(module)
    found = traced(module, [event(name) for name, *_ in rows], guests, tmp_path)
    assert {(segment["name"], segment["trace_id"]) for segment in found} == {("## handler", TRACE)}
    annotations = [segment["annotations"] for segment in found]
    assert [told["app"] for told in annotations] == ["bookstore"] * len(rows)
    codes = {name: str(code or "ok") if code != 4041 else "custom" for name, _, _, code, _ in rows}
    assert [told["code"] for told in annotations] == list(codes.values())
    for (name, *_), told in zip(rows, annotations, strict=True):
        assert told.get("function") == CALLED.get(name, told.get("function")), name


def test_what_is_not_sampled_is_not_told(guests: Path, tmp_path: Path) -> None:
    assert traced(API, [event("hello")], guests, tmp_path, sampled=False) == []


def test_an_invocation_that_is_to_fail_is_told_with_its_code(guests: Path, tmp_path: Path) -> None:
    (segment,) = traced(RUN, [FAILING], guests, tmp_path, error="Relive901")
    assert segment["fault"] is True
    assert [segment["annotations"][name] for name in ("app", "code", "function")] == ["bookstore", "901", "order"]
