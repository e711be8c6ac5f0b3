"""Who gets a turn, who waits, and that nesting never ends in a deadlock."""

import threading
from collections.abc import Callable
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runtime.deadline import Deadline
from runtime.turns import Turns


def take(turns: Turns, depth: int = 0, seconds: float = 20) -> bool:
    return turns.take(depth, Deadline.after(seconds))


def count_free(turns: Turns, depth: int) -> int:
    """Take turns at a depth until none is free; tells how many there were."""
    count = 0
    while turns.is_free(depth):
        assert take(turns, depth)
        count += 1
    return count


class TestWaiting:
    def test_who_finds_none_free_waits_until_the_deadline(self) -> None:
        turns = Turns(size=1, deepest=0)
        assert take(turns)
        assert not take(turns, seconds=0.05)
        assert turns.held == 1

    def test_who_waits_gets_the_one_that_becomes_free(self) -> None:
        turns = Turns(size=1, deepest=0)
        assert take(turns)
        threading.Timer(0.05, turns.give_back, (0,)).start()
        assert take(turns)

    def test_nobody_gets_one_whose_time_is_over(self) -> None:
        assert not take(Turns(size=1, deepest=0), seconds=0)

    def test_who_waits_is_told_when_the_deadline_ends_early(self) -> None:
        turns, deadline = Turns(size=1, deepest=0), Deadline.after(60)
        assert take(turns)
        threading.Timer(0.05, deadline.end).start()
        assert not turns.take(0, deadline)
        assert not deadline.passed

    def test_too_few_for_the_nesting_are_refused(self) -> None:
        with pytest.raises(ValueError, match="at least 9"):
            Turns(size=8, deepest=8)


class TestNesting:
    @given(st.integers(0, 4), st.integers(1, 5), st.lists(st.integers(0, 4), max_size=30))
    def test_whatever_is_held_a_chain_to_the_deepest_level_can_go_on(
        self, deepest: int, spare: int, wanted: list[int]
    ) -> None:
        """Calls take turns at any depth, as long as they get them; then any one of them can nest to the end."""
        turns = Turns(deepest + spare, deepest)
        held = [depth for depth in wanted if depth <= deepest and turns.is_free(depth) and take(turns, depth)]
        assert turns.held == len(held) <= deepest + spare
        if held:
            for depth in range(max(held) + 1, deepest + 1):
                assert turns.is_free(depth), f"stuck at depth {depth} while {sorted(held)} are held"
                take(turns, depth)

    @given(st.integers(0, 4), st.integers(1, 5), st.lists(st.tuples(st.integers(0, 4), st.booleans()), max_size=40))
    def test_one_is_free_as_long_as_each_level_below_keeps_its_own(
        self, deepest: int, spare: int, steps: list[tuple[int, bool]]
    ) -> None:
        turns, held = Turns(deepest + spare, deepest), [0] * (deepest + 1)
        for depth, gives_back in ((min(depth, deepest), gives_back) for depth, gives_back in steps):
            fits = [sum(held[: level + 1]) < spare + level for level in range(deepest + 1)]
            assert [turns.is_free(level) for level in range(deepest + 1)] == [
                all(fits[level:]) for level in range(deepest + 1)
            ]
            if gives_back and held[depth]:
                turns.give_back(depth)
                held[depth] -= 1
            elif all(fits[depth:]):
                assert take(turns, depth)
                held[depth] += 1
        assert turns.held == sum(held)

    @given(st.integers(0, 4), st.integers(1, 5))
    def test_calls_that_are_not_nested_leave_one_turn_for_each_level(self, deepest: int, spare: int) -> None:
        assert count_free(Turns(deepest + spare, deepest), 0) == spare

    def test_levels_are_granted_in_order(self) -> None:
        """The deeper a call, the more turns it may use: each level has one more than the one above it."""
        granted = [count_free(Turns(size=7, deepest=3), depth) for depth in range(4)]
        assert all(deeper == higher + 1 for higher, deeper in pairwise(granted)), granted

    def test_chains_of_real_threads_all_end(self) -> None:
        turns = Turns(size=6, deepest=4)

        def nest(depth: int) -> None:
            assert take(turns, depth)
            if depth < 4:
                nest(depth + 1)
            turns.give_back(depth)

        assert run_at_once([lambda: nest(0)] * 20) == 20
        assert turns.held == 0


class TestSharesOfOnePool:
    """A request takes a turn of its own share first, and then one of the pool."""

    @given(st.integers(0, 3), st.integers(1, 4), st.integers(1, 4), st.data())
    def test_whoever_is_first_all_calls_end(self, deepest: int, spare: int, width: int, data: st.DataObject) -> None:
        """Three requests, whose calls branch as they like; one step of any call at a time, until there is none left."""
        pool = Turns(deepest + spare, deepest)
        width = min(width, spare)
        waiting = [PlannedCall(None, 0, pool, Turns(deepest + width, deepest)) for _ in range(3)]
        running: list[PlannedCall] = []
        while waiting or running:
            can_go_on = [call for call in waiting if call.next.is_free(call.depth)]
            can_end = [call for call in running if not call.nested]
            assert can_go_on or can_end, f"stuck: {[call.depth for call in running]} wait for each other"
            call = data.draw(st.sampled_from(can_go_on + can_end))
            if call in can_end:
                call.end()
                running.remove(call)
            elif call.takes_its_last():
                waiting.remove(call)
                running.append(call)
                branches = data.draw(st.integers(0, 2)) if call.depth < deepest else 0
                waiting += [PlannedCall(call, call.depth + 1, pool, call.share) for _ in range(branches)]
        assert pool.held == 0

    def test_real_requests_that_branch_at_every_level_all_end(self) -> None:
        deepest = 3
        pool = Turns(size=6, deepest=deepest)

        def call(share: Turns, depth: int) -> None:
            assert take(share, depth)
            assert take(pool, depth)
            if depth < deepest:
                assert run_at_once([lambda: call(share, depth + 1)] * 2) == 2
            pool.give_back(depth)
            share.give_back(depth)

        assert run_at_once([lambda: call(Turns(size=5, deepest=deepest), 0) for _ in range(6)]) == 6
        assert pool.held == 0

    @given(st.integers(0, 5), st.integers(2, 10), st.lists(st.integers(0, 5), max_size=60))
    def test_one_request_leaves_places_for_others(self, deepest: int, spare: int, wanted: list[int]) -> None:
        """With half of the places as its share, a request leaves the other half, whatever the depth of its calls."""
        width = spare // 2
        pool, share = Turns(deepest + spare, deepest), Turns(deepest + width, deepest)
        for depth in wanted:
            if depth <= deepest and share.is_free(depth):
                take(share, depth)
                take(pool, depth)
        assert count_free(pool, 0) >= spare - width


class PlannedCall:
    """A call that takes a turn of its share, and then one of the pool, when it is told to."""

    def __init__(self, parent: "PlannedCall | None", depth: int, pool: Turns, share: Turns) -> None:
        self.parent, self.depth, self.pool, self.share = parent, depth, pool, share
        self.next = share
        self.nested = 0
        if parent is not None:
            parent.nested += 1

    def takes_its_last(self) -> bool:
        """Take the next turn; whether it was the last that it needs to run."""
        assert take(self.next, self.depth)
        last = self.next is self.pool
        self.next = self.pool
        return last

    def end(self) -> None:
        self.pool.give_back(self.depth)
        self.share.give_back(self.depth)
        if self.parent is not None:
            self.parent.nested -= 1


def run_at_once(calls: list[Callable[[], None]]) -> int:
    """Run each in a thread of its own; tells how many have ended without an error."""
    ended: list[bool] = []

    def run(call: Callable[[], None]) -> None:
        call()
        ended.append(True)

    threads = [threading.Thread(target=run, args=(call,), daemon=True) for call in calls]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    return len(ended)
