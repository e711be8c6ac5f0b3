"""What several processes may have, against what one may."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runtime.local.shares import number_of_processes, requests_at_once, shares
from runtime.settings import Settings

DIVIDED = {
    "one": ({}, 1, [16], [8]),
    "two": ({}, 2, [12, 12], [4, 4]),
    "an odd number": ({}, 3, [11, 11, 10], [3, 3, 2]),
    "more processes than runners": ({"runners": 9}, 2, [9, 9], [4, 4]),
    "more requests than the least": ({"runners": 30, "depth": 4}, 4, [11, 11, 10, 10], [7, 7, 6, 6]),
}


@pytest.mark.parametrize(("settings", "processes", "runners", "requests"), DIVIDED.values(), ids=DIVIDED.keys())
def test_divided(settings: dict[str, int], processes: int, runners: list[int], requests: list[int]) -> None:
    found = shares(Settings(**settings, processes=processes))
    assert [share.settings.runners for share in found] == runners
    assert [share.requests for share in found] == requests


@given(st.integers(1, 64), st.integers(0, 32), st.integers(1, 200), st.integers(0, 200))
def test_together_they_have_what_one_has(processes: int, depth: int, free: int, of_one_request: int) -> None:
    """Runners that are not kept for nesting, and requests. Each has enough of both, and what a process may have."""
    of_one_request = 0 if of_one_request <= depth else min(of_one_request, depth + free)
    settings = Settings(runners=depth + free, depth=depth, processes=processes, runners_per_request=of_one_request)
    found = shares(settings)
    assert len(found) == processes
    assert sum(share.settings.runners - depth for share in found) == max(free, processes)
    assert sum(share.requests for share in found) == max(requests_at_once(settings), processes)
    for share in found:
        Settings(**share.settings.model_dump())  # raises for what does not fit
        assert share.requests >= 1


def test_one_for_each_processor() -> None:
    assert 1 <= number_of_processes(Settings(processes=0)) == len(shares(Settings(processes=0)))
