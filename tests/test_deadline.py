"""A deadline is one moment, however often it is asked and whoever shortens it."""

import time

from hypothesis import given
from hypothesis import strategies as st

from runtime.deadline import Deadline

SECONDS = st.floats(-1e6, 1e6)
EXACT_SECONDS = 1e-3


def test_a_deadline_in_the_future() -> None:
    deadline = Deadline.after(3600)
    assert not deadline.expired
    assert 3000 < deadline.remaining() <= 3600


def test_it_comes_nearer() -> None:
    deadline = Deadline.after(3600)
    first = deadline.remaining()
    time.sleep(0.01)
    assert deadline.remaining() < first


def test_it_passes() -> None:
    deadline = Deadline.after(0.01)
    time.sleep(0.02)
    assert deadline.expired
    assert deadline.remaining() == 0


@given(SECONDS)
def test_what_remains_is_never_negative_and_agrees_with_expired(seconds: float) -> None:
    deadline = Deadline.after(seconds)
    expired = deadline.expired
    remaining = deadline.remaining()
    assert 0 <= remaining <= max(0.0, seconds + EXACT_SECONDS)
    if expired:
        assert remaining == 0


@given(SECONDS, SECONDS)
def test_it_can_only_be_made_earlier(seconds: float, limit: float) -> None:
    deadline = Deadline.after(seconds)
    shorter = deadline.at_most(limit)
    assert shorter.expires_at <= deadline.expires_at
    assert shorter.expires_at <= time.monotonic() + limit + EXACT_SECONDS
    assert shorter.expires_at >= min(deadline.expires_at, deadline.expires_at - seconds + limit) - EXACT_SECONDS
