"""Sandboxes on the compiled guest: one for all tests of the guest, and new ones for those of its processes."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from runtime.sandbox.sandbox import Limits, Sandbox
from tests.sandbox.guest_calls import Call, Files, Outcome, SmallHost, run_guest
from tests.sandbox.guest_events import DataHost, Event, run_event


@pytest.fixture(scope="session")
def guest_sandbox(guest: Path) -> Iterator[Sandbox]:
    sandbox = Sandbox(guest, Limits(prepare=False))  # each test has code of its own, and calls it once
    yield sandbox
    sandbox.close()


@pytest.fixture
def host() -> Iterator[SmallHost]:
    host = SmallHost()
    yield host
    host.close()


@pytest.fixture
def call(guest_sandbox: Sandbox, host: SmallHost) -> Call:
    """Runs a function in the guest: `call(source, shared={"prices": "VAT = 0.2"})`."""

    def call(
        source: str, *, shared: Files | None = None, request: dict[str, object] | None = None, seconds: float = 10
    ) -> Outcome:
        return run_guest(guest_sandbox, host, source, shared or {}, request or {}, seconds)

    return call


@pytest.fixture
def data_host() -> Iterator[DataHost]:
    host = DataHost()
    yield host
    host.close()


@pytest.fixture
def event(guest_sandbox: Sandbox, data_host: DataHost) -> Event:
    """Runs an event of a content type in the guest: `event("before_create", source, data={"Title": "A"})`."""

    def event(name: str, source: str, **told: Any) -> Outcome:
        return run_event(guest_sandbox, data_host, name, source, told)

    return event


@pytest.fixture
def sandbox(guest: Path) -> Iterator[Sandbox]:
    """A small sandbox with processes of its own."""
    sandbox = Sandbox(guest, Limits(runners=4, depth=2))
    yield sandbox
    sandbox.close()
