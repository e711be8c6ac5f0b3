"""What a request may use up is counted for the whole tree of calls in it."""

import threading
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runtime.budget import Allowance, Budget
from runtime.deadline import Deadline
from runtime.errors import ReliveError
from runtime.settings import Settings


def start(*, at_depth: int = 0, **settings: Any) -> Budget:
    return Budget.start(Settings(**settings), request_id="r-1", depth=at_depth)


@given(limit=st.integers(0, 50), wanted=st.lists(st.integers(0, 10), max_size=40))
def test_an_allowance_gives_as_much_as_its_limit_says(limit: int, wanted: list[int]) -> None:
    allowance, used = Allowance(limit), 0
    for amount in wanted:
        fits = used + amount <= limit
        assert allowance.take(amount) == fits
        used += amount * fits


def test_an_allowance_of_several_threads() -> None:
    allowance = Allowance(1000)
    granted: list[bool] = []

    def take_many() -> None:
        granted.extend([allowance.take() for _ in range(400)])

    threads = [threading.Thread(target=take_many) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert granted.count(True) == 1000


def test_nested_calls_share_the_deadline_and_all_that_is_counted() -> None:
    request = start()
    nested = request.entering("functions/outer").nested()
    assert nested.deadline == request.deadline
    assert nested.request_id == "r-1"
    assert nested.tree is request.tree


def test_two_requests_share_nothing() -> None:
    first, second = start(host_calls=1), start(host_calls=1)
    assert first.tree.host_calls.take()
    assert second.tree.host_calls.take()


@given(limit=st.integers(0, 15))
def test_nesting_ends_at_the_limit(limit: int) -> None:
    budget = start(depth=limit)
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
    budget = start(depth=3, at_depth=depth)
    if may_run:
        budget.check_depth()
    else:
        with pytest.raises(ReliveError, match="nested deeper than 3"):
            budget.check_depth()


def test_calls_of_code_end_at_the_limit_wherever_they_are_made() -> None:
    request = start(code_calls=3)
    request.take_code_call()
    request.nested().take_code_call()
    request.nested().nested().take_code_call()
    with pytest.raises(ReliveError, match="called code 3 times, and once more") as raised:
        request.nested().take_code_call()
    assert raised.value.code == 617


TOLD = {
    "too deep": (lambda budget: budget.nested(), "Calls are nested deeper than 0"),
    "too often": (lambda budget: budget.take_code_call(), "The request has called code 1 times, and once more"),
}


@pytest.mark.parametrize(("go_on", "sentence"), TOLD.values(), ids=TOLD.keys())
def test_the_error_tells_the_way_that_led_there(go_on: Any, sentence: str) -> None:
    budget = start(depth=0, code_calls=1).entering("functions/a").entering("functions/b")
    budget.take_code_call()
    with pytest.raises(ReliveError) as raised:
        go_on(budget)
    assert raised.value.message.endswith(f"{sentence}: functions/a > functions/b.")
    assert raised.value.details == {"trail": ["functions/a", "functions/b"]}


def test_a_budget_is_not_changed_by_what_is_made_of_it() -> None:
    budget = start()
    budget.entering("functions/a").nested()
    assert (budget.depth, budget.trail) == (0, ())


def test_the_request_itself_holds_what_it_likes_and_its_host_calls_what_fits() -> None:
    budget = start(held_mb=1)
    budget.hold.add(10 * 1024 * 1024)
    with budget.holding().hold as hold:
        hold.add(1024 * 1024)
        assert budget.tree.held.held == 1024 * 1024
        with pytest.raises(ReliveError, match="holds more than 1 MB"):
            budget.nested().holding().hold.add(1)
    assert budget.tree.held.held == 0


SHARES = {
    "as it is": ({}, 12),
    "another size": ({"runners": 20}, 14),
    "an odd number": ({"runners": 17}, 13),
    "the fewest there may be": ({"runners": 9}, 9),
    "without nesting": ({"runners": 4, "depth": 0}, 2),
    "as the operator says": ({"runners_per_request": 10}, 10),
    "all of them": ({"runners_per_request": 16}, 16),
}


@pytest.mark.parametrize(("settings", "runners"), SHARES.values(), ids=SHARES.keys())
def test_the_runners_of_one_request(settings: dict[str, Any], runners: int) -> None:
    turns, deepest = start(**settings).tree.runners, settings.get("depth", 8)
    taken = 0
    for depth in range(deepest, -1, -1):
        while turns.is_free(depth):
            assert turns.take(depth, Deadline.after(1))
            taken += 1
    assert taken == runners


def test_calls_of_one_request_take_turns_at_its_runners() -> None:
    turns = start(runners=4, depth=0).tree.runners
    assert turns.take(0, Deadline.after(1))
    assert turns.take(0, Deadline.after(1))
    assert not turns.take(0, Deadline.after(0.02))
    assert start(runners=4, depth=0).tree.runners.take(0, Deadline.after(1))
