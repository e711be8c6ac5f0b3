"""What a request may use up is counted for the whole tree of calls in it."""

import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runtime.budget import Budget, HostCallCounter
from runtime.errors import ReliveError


def start(host_calls: int = 10, depth_limit: int = 8, depth: int = 0) -> Budget:
    return Budget.start(60, host_calls, depth_limit, request_id="r-1", depth=depth)


@given(limit=st.integers(0, 50), wanted=st.integers(0, 100))
def test_as_many_host_calls_as_the_limit_says(limit: int, wanted: int) -> None:
    counter = HostCallCounter(limit)
    granted = [counter.take() for _ in range(wanted)]
    assert granted == [number < limit for number in range(wanted)]


def test_host_calls_of_several_threads() -> None:
    counter = HostCallCounter(1000)
    granted: list[bool] = []

    def take_many() -> None:
        granted.extend([counter.take() for _ in range(400)])

    threads = [threading.Thread(target=take_many) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert granted.count(True) == 1000


def test_nested_calls_share_deadline_and_counter() -> None:
    request = start(host_calls=2)
    nested = request.entering("functions/outer").nested()
    assert nested.deadline == request.deadline
    assert nested.request_id == "r-1"
    assert nested.host_calls.take()
    assert request.host_calls.take()
    assert not nested.host_calls.take()


@given(limit=st.integers(0, 32))
def test_nesting_ends_at_the_limit(limit: int) -> None:
    budget = start(depth_limit=limit)
    for _ in range(limit):
        budget = budget.nested()
    assert budget.depth == limit
    with pytest.raises(ReliveError) as raised:
        budget.nested()
    assert raised.value.code == 617


ARRIVED = {
    "from nowhere": (0, True),
    "from the deepest level": (3, True),
    "from beyond it": (4, False),
    "from far beyond it": (1000, False),
}


@pytest.mark.parametrize(("depth", "may_run"), ARRIVED.values(), ids=ARRIVED.keys())
def test_a_request_that_arrives_nested(depth: int, may_run: bool) -> None:
    budget = start(depth_limit=3, depth=depth)
    if may_run:
        budget.check_depth()
    else:
        with pytest.raises(ReliveError, match="nested deeper than 3"):
            budget.check_depth()


def test_the_error_tells_the_way_that_led_there() -> None:
    budget = start(depth_limit=1).entering("functions/a").nested().entering("functions/b")
    with pytest.raises(ReliveError) as raised:
        budget.nested()
    assert raised.value.message.endswith("Calls are nested deeper than 1: functions/a > functions/b.")
    assert raised.value.details == {"trail": ["functions/a", "functions/b"]}


def test_a_budget_is_not_changed_by_what_is_made_of_it() -> None:
    budget = start()
    budget.entering("functions/a").nested()
    assert (budget.depth, budget.trail) == (0, ())
