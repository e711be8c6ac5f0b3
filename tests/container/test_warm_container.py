"""A function that stays in its container, within the limits of Lambda, outlives what its code does."""

from typing import Any

import pytest

from tests.container.engine import Engine
from tests.container.hostile import answer_of, good_call, hostile_calls
from tests.container.sam_local import SamLocal
from tests.container.stack import Stack
from tests.functions.events import check, event

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

NAMES = (
    "sleep",
    "spin_in_nested_calls_at_once",
    "allocate_at_once",
    "allocate_bit_by_bit",
    "allocate_in_a_nested_call",
    "allocate_whatever_is_raised",
    "recurse_without_a_limit",
    "flood_the_log",
    "Growing",
    "Multiplying",
)
CALLS = [call for call in hostile_calls() if call[0] in NAMES]


def containers(engine: Engine) -> list[str]:
    """Those that run, by their ids."""
    return engine.docker("ps", "--quiet").stdout.split()


@pytest.fixture(scope="module")
def answers(sam_local: SamLocal, stack: Stack, running_engine: Engine) -> dict[str, tuple[Any, Any]]:
    """For each call what was answered to it, and to a good call after it."""
    events = [sent for *_, hostile in CALLS for sent in (hostile, good_call())]
    with sam_local.warm(stack) as send:
        send("HostileFunction", [good_call()])
        (container,) = containers(running_engine)
        check(*send("RunFunction", [event("run-hello")]), 200, None, "The Salt Road")
        told = [answer_of(answer) for answer in send("HostileFunction", events)]
        assert container in containers(running_engine), "it was another one"
    return dict(zip([name for name, *_ in CALLS], zip(told[::2], told[1::2], strict=True), strict=True))


@pytest.mark.parametrize(("name", "codes"), [call[:2] for call in CALLS], ids=[call[0] for call in CALLS])
def test_it_ends_in_our_own_code_and_the_next_call_is_answered(
    answers: dict[str, tuple[Any, Any]], name: str, codes: tuple[int, ...]
) -> None:
    (status, body), good = answers[name]
    assert status >= 400, body
    assert body["errorCode"] in codes, body
    assert good == (200, 0)


def test_all_of_them_were_made() -> None:
    assert len(CALLS) == len(NAMES)
