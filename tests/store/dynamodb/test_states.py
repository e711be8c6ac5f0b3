"""For how long a process goes by what it knows of a collection."""

import time

import pytest

from runtime.store.documents import Collection
from runtime.store.dynamodb.client import LazyClient
from runtime.store.dynamodb.keys import Keys
from runtime.store.dynamodb.state import State
from runtime.store.dynamodb.states import States
from runtime.store.dynamodb.table import Table

BOOKS = Collection("shop", "Book")


@pytest.mark.parametrize(
    ("seconds", "known"), [(4, True), (6, False), (-3600, True)], ids=["soon", "asleep", "the clock set back"]
)
def test_a_process_that_was_asleep_asks_again(monkeypatch: pytest.MonkeyPatch, seconds: float, known: bool) -> None:
    """Its monotonic clock stands still meanwhile."""
    states = States(Table(LazyClient(), "unused"), lease=5)
    states.note(BOOKS, State.new(BOOKS).item(Keys("shop", "Book").state, 1), time.monotonic())
    later = time.time() + seconds
    monkeypatch.setattr("runtime.store.dynamodb.states.time.time", lambda: later)
    assert (states.remembered(BOOKS) is not None) == known
