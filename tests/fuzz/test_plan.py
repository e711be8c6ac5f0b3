"""Everybody gets their share of the time, and no processor is idle."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.fuzz.plan import turns

SCENARIOS = [
    ("one processor", {"a": 1, "b": 1}, 10, 1, [[("a", 5), ("b", 5)]]),
    ("two processors, cut between turns", {"a": 1, "b": 1}, 10, 2, [[("a", 10)], [("b", 10)]]),
    (
        "two processors, cut within a turn",
        {"a": 1, "b": 1, "c": 1},
        30,
        2,
        [[("a", 20), ("b", 10)], [("b", 10), ("c", 20)]],
    ),
    ("shares", {"a": 3, "b": 1}, 8, 1, [[("a", 6), ("b", 2)]]),
    ("one target on two processors", {"a": 1}, 10, 2, [[("a", 10)], [("a", 10)]]),
    ("a turn that is not worth it", {"a": 1, "b": 99}, 50, 1, [[("b", 49.5)]]),
]


@pytest.mark.parametrize(
    ("shares", "seconds", "processors", "expected"), [row[1:] for row in SCENARIOS], ids=[row[0] for row in SCENARIOS]
)
def test_turns(
    shares: dict[str, int], seconds: float, processors: int, expected: list[list[tuple[str, float]]]
) -> None:
    rows = turns(shares, seconds, processors)
    assert [[(turn.name, pytest.approx(turn.seconds)) for turn in row] for row in rows] == expected


@given(
    st.dictionaries(st.sampled_from("abcdefgh"), st.integers(1, 5), min_size=1),
    st.integers(60, 3600),
    st.integers(1, 8),
)
def test_the_shares_are_kept(shares: dict[str, int], seconds: int, processors: int) -> None:
    rows = turns(shares, seconds, processors)
    given_to: dict[str, float] = {}
    for row in rows:
        assert sum(turn.seconds for turn in row) <= seconds + 1e-3
        for turn in row:
            given_to[turn.name] = given_to.get(turn.name, 0) + turn.seconds
    for name, share in shares.items():
        due = seconds * processors * share / sum(shares.values())
        assert given_to[name] == pytest.approx(due, abs=2.001)  # a rest of less than a second is left out
