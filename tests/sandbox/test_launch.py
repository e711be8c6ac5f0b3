"""A fork server that is launched ahead: nobody waits for it before it is wanted."""

from pathlib import Path

import pytest

from runtime.sandbox.processes import ForkServer, SandboxUnavailable
from runtime.sandbox.sandbox import Limits, Sandbox
from tests.sandbox.calls import HELLO, body, run
from tests.sandbox.processes import is_alive, needs_proc, runners


def launched(guest: Path, memory_mb: int = Limits.memory_mb) -> tuple[ForkServer, int]:
    """With its process id."""
    server = ForkServer(guest, memory_mb)
    server.launch()
    assert server.pid is not None
    return server, server.pid


def test_it_is_used_by_the_sandbox_that_it_was_made_for(guest: Path) -> None:
    server, pid = launched(guest)
    sandbox = Sandbox(guest, Limits(), server)
    try:
        assert body(run(sandbox, HELLO)) == "hello"
        assert server.pid == pid
        assert server.start(), "it tells its layers now, and later"
        assert server.pid == pid
    finally:
        sandbox.close()
    assert not is_alive(pid)


def test_it_is_ended_by_a_sandbox_with_other_limits(guest: Path) -> None:
    server, pid = launched(guest, memory_mb=64)
    sandbox = Sandbox(guest, Limits(), server)
    try:
        assert not is_alive(pid)
        assert body(run(sandbox, HELLO)) == "hello"
    finally:
        sandbox.close()


def test_what_goes_wrong_is_told_when_it_is_wanted(tmp_path: Path) -> None:
    server = ForkServer(tmp_path / "no-guest.cwasm", Limits.memory_mb)
    server.launch()
    with pytest.raises(SandboxUnavailable, match="There is no compiled guest"):
        server.start()


def test_one_that_has_died_since_is_not_waited_for(guest: Path, tmp_path: Path) -> None:
    damaged = tmp_path / guest.name
    damaged.write_bytes(guest.read_bytes()[:1000])
    server, _ = launched(damaged)
    with pytest.raises(SandboxUnavailable, match="The sandbox does not start"):
        server.start()
    assert server.pid is None


@needs_proc
def test_a_runner_that_was_forked_ahead_serves_the_first_call_of_its_app(guest: Path) -> None:
    sandbox = Sandbox(guest, Limits())
    try:
        sandbox.fork_ahead("app")
        (ahead,) = runners(sandbox)
        assert body(run(sandbox, HELLO, app="app")) == "hello"
        assert runners(sandbox) == [ahead]
    finally:
        sandbox.close()
