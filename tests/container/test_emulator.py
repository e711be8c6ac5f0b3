"""Hostile calls with half a second of time, under Lambda's runtime emulator: it is always Relive that ends them."""

import json
import socket
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.container.hostile import SLOW, answer_of, fill, good_call, hostile_calls, write_app
from tests.functions.emulator import Emulator, emulator
from tests.functions.events import API, FUNCTIONS
from tests.functions.package import environment_in_package

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(900),
    pytest.mark.skipif(sys.platform != "linux", reason="the package for Lambda is built on Linux"),
]

BUDGET_SECONDS = 0.5
LAMBDA_SECONDS = 5
"""Lambda's own timeout. A call that it ends is answered by a text that is not JSON."""

CALLS = hostile_calls()


@pytest.fixture(scope="module")
def slow_address() -> Iterator[str]:
    """Of a server to which one can connect, and which says nothing."""
    with socket.create_server(("127.0.0.1", 0), backlog=1000) as listener:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"


@pytest.fixture(scope="module")
def running(
    built: Path, guests: Path, slow_address: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Emulator]:
    folder = tmp_path_factory.mktemp("hostile")
    write_app(folder / "app")
    fill(folder / "app", folder / "data", guests)
    variables = {
        **environment_in_package(built / FUNCTIONS[API], folder / "data"),
        "RELIVE_APP": str(folder / "app"),
        "RELIVE_BUDGET_SECONDS": str(BUDGET_SECONDS),
        "RELIVE_HTTP_STAND_INS": json.dumps({SLOW: slow_address}),
    }
    with emulator(API, variables, built / FUNCTIONS[API], folder / "log", LAMBDA_SECONDS) as running:
        yield running


@pytest.mark.parametrize(("codes", "event"), [call[1:] for call in CALLS], ids=[call[0] for call in CALLS])
def test_it_ends_in_our_own_code_and_the_next_call_is_answered(
    running: Emulator, codes: tuple[int, ...], event: dict[str, Any]
) -> None:
    status, body = answer_of(running.invoke(event))
    assert status >= 400, body
    assert body["errorCode"] in codes, body
    assert answer_of(running.invoke(good_call())) == (200, 1)


def test_there_are_enough_of_them() -> None:
    assert len(CALLS) >= 40
