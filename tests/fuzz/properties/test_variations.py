"""Inputs that are kept, with a few values of their JSON replaced: hypothesis shows the least that makes a difference."""

import copy
import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.fuzz.conftest import Opened
from tests.fuzz.kept import Corpus
from tests.fuzz.places import CORPUS
from tests.fuzz.profile import as_many_as
from tests.fuzz.properties.near import ANY

OF_JSON = ("guest-events", "http-events", "direct-invocations")

Path = tuple[Any, ...]


def _seeds(name: str) -> list[Any]:
    """The kept inputs that are objects."""
    seeds = []
    for _, data in Corpus(CORPUS).inputs(name):
        try:
            value = json.loads(data)
        except (ValueError, RecursionError):
            continue
        if isinstance(value, dict) and value:
            seeds.append(value)
    return seeds


def _paths(value: Any, above: Path = ()) -> Iterator[Path]:
    keys = value if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ()
    for key in keys:
        yield (*above, key)
        yield from _paths(value[key], (*above, key))


def _with(value: Any, path: Path, replacement: Any) -> Any:
    """The value with another one at a path; what an earlier replacement took away is left away."""
    changed = copy.deepcopy(value)
    inner = changed
    try:
        for key in path[:-1]:
            inner = inner[key]
        inner[path[-1]] = replacement
    except (KeyError, IndexError, TypeError):
        return value
    return changed


@pytest.mark.parametrize("name", OF_JSON)
def test_variations_of_what_is_kept(keeping: Opened, name: str) -> None:
    attempt, seeds = keeping(name), _seeds(name)

    @as_many_as(60)
    @given(st.data())
    def any_variation(drawn: st.DataObject) -> None:
        value = drawn.draw(st.sampled_from(seeds))
        for path in drawn.draw(st.lists(st.sampled_from(list(_paths(value))), max_size=3)):
            value = _with(value, path, drawn.draw(ANY))
        attempt(json.dumps(value).encode())

    any_variation()
