"""What a runner announces takes no memory, and more than it may announce ends the call without waiting for it."""

import tracemalloc
from collections.abc import Iterator

import pytest

from runtime.sandbox.endings import Crashed, TimedOut
from runtime.sandbox.wire import HEADER, LONGEST_FROM_RUNNER, Kind, Message, encode
from tests.fuzz.fed_runner import FedRunner, QuietHost, exchange_with

DEFINED = encode(Message(Kind.DEFINED))
MEGABYTE = 1024 * 1024


@pytest.fixture
def runner() -> Iterator[FedRunner]:
    runner = FedRunner()
    yield runner
    runner.end()


@pytest.mark.parametrize("kind", [Kind.LOG, Kind.START, Kind.ENDED, Kind.TRAPPED])
def test_what_is_announced_and_not_sent_takes_no_memory(runner: FedRunner, kind: Kind) -> None:
    runner.say(DEFINED + HEADER.pack(LONGEST_FROM_RUNNER, kind, 1) + b"x" * 1000)
    tracemalloc.start()
    try:
        ending = exchange_with(runner, QuietHost(), 0.2)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert isinstance(ending, TimedOut)
    assert peak < 4 * MEGABYTE


@pytest.mark.parametrize("length", [LONGEST_FROM_RUNNER + 1, 2**32 - 1])
def test_too_long_an_announcement_ends_the_call_at_once(runner: FedRunner, length: int) -> None:
    runner.say(DEFINED + HEADER.pack(length, Kind.ENDED, 0))
    ending = exchange_with(runner, QuietHost(), 30)
    assert isinstance(ending, Crashed)
    assert str(length) in ending.reason
