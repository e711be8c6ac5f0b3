"""Against two other implementations: where both agree with each other, we agree with them.

Where they differ, the tables decide; so do they for the known differences below, where both are wrong or where we chose
otherwise. Each name says what holds here.
"""

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from runtime.errors import ReliveError
from runtime.query.filter import Filter
from runtime.query.projection import Projection
from runtime.query.sort import Sort
from runtime.query.update import Update
from tests.query import generated
from tests.query.oracles import Mingo, Mongomock, Oracle, OracleError

EXAMPLES = settings(
    # The same examples each time: what the others get wrong is found while working, not when something else lands.
    max_examples=250,
    derandomize=True,
    deadline=None,
    suppress_health_check=[HealthCheck.filter_too_much, HealthCheck.too_slow],
)

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def oracles() -> Iterator[tuple[Oracle, Oracle]]:
    missing = Mingo.install()
    if missing:
        pytest.skip(f"filters and updates are not compared with mingo: {missing}")
    mingo = Mingo()
    yield Mongomock(), mingo
    mingo.close()


def parts(
    expression: Any, path: str = "", above: tuple[str, ...] = ()
) -> Iterator[tuple[str, Any, str, tuple[str, ...]]]:
    """Every key in an expression with its operand, the path that it is about, and the operators around it."""
    if isinstance(expression, list):
        for element in expression:
            yield from parts(element, path, above)
    elif isinstance(expression, dict):
        for key, operand in expression.items():
            about = path if key.startswith("$") else key
            yield key, operand, about, above
            yield from parts(operand, about, (*above, key) if key.startswith("$") else above)


FILTER_DIFFERENCES: dict[str, Callable[[str, Any, str, tuple[str, ...]], bool]] = {
    "null is at most and at least null, also where it is missing": lambda key, operand, path, above: (
        key in ("$gte", "$lte") and operand is None
    ),
    "$not holds where a path leads through an array to nothing, and for an array as for its elements": (
        lambda key, operand, path, above: key == "$not"
    ),
    "$in and $all of an empty array find an empty array": lambda key, operand, path, above: (
        key in ("$in", "$nin", "$all") and [] in operand
    ),
    "$all of null finds what is missing": lambda key, operand, path, above: key == "$all" and None in operand,
    "$and, $or and $nor in $elemMatch are about objects alone": lambda key, operand, path, above: (
        key in ("$and", "$or", "$nor") and "$elemMatch" in above
    ),
    "an array in an array is an object to $elemMatch, which lacks its fields": lambda key, operand, path, above: (
        key == "$elemMatch" and any(word in json.dumps(operand) for word in ("null", "$exists", "$ne", "$nin"))
    ),
    "a place in an array is also a field of the objects in it, which lack it": lambda key, operand, path, above: (
        any(name.isdigit() for name in path.split(".")) and "null" in json.dumps(operand)
    ),
}

UPDATE_DIFFERENCES: dict[str, Callable[[str, Any, str, tuple[str, ...]], bool]] = {
    "$addToSet takes duplicates out of $each": lambda key, operand, path, above: (
        key == "$each" and "$addToSet" in above
    ),
    "$pull with an object for a condition removes objects alone": lambda key, operand, path, above: (
        "$pull" in above and operand == {}
    ),
}


def known(differences: dict[str, Callable[[str, Any, str, tuple[str, ...]], bool]], expression: Any) -> bool:
    return any(differs(*part) for part in parts(expression) for differs in differences.values())


def agreed(oracles: tuple[Oracle, Oracle], ask: Callable[[Oracle], Any]) -> Any:
    """What both answer. The example does not count when they differ, or either fails."""
    try:
        first, second = (ask(oracle) for oracle in oracles)
    except OracleError:
        assume(False)
    assume(exactly(first) == exactly(second))
    return first


def exactly(value: Any) -> str:
    """Text that is the same for the same JSON: 1 is 1.0, but not true."""
    return json.dumps(json.loads(json.dumps(value), parse_int=float), sort_keys=True)


@EXAMPLES
@given(query=generated.FILTERS, documents=st.lists(generated.DOCUMENTS, min_size=4, max_size=8))
def test_filter(oracles: tuple[Oracle, Oracle], query: Any, documents: list[Any]) -> None:
    assume(not known(FILTER_DIFFERENCES, query))
    ours = Filter.parse(query)
    for document in documents:
        try:
            first, second = (oracle.matches(query, document) for oracle in oracles)
        except OracleError:
            continue
        assert first != second or ours.matches(document) == first, document


@EXAMPLES
@given(update=generated.UPDATES, document=generated.DOCUMENTS)
def test_update(oracles: tuple[Oracle, Oracle], update: Any, document: Any) -> None:
    assume(not known(UPDATE_DIFFERENCES, update))
    expected = agreed(oracles, lambda oracle: oracle.update(update, document))
    try:
        ours = Update.parse(update).apply(document)
    except ReliveError:  # where it is impossible, the others silently do nothing
        assert exactly(expected) == exactly(document)
    else:
        assert exactly(ours) == exactly(expected)


@EXAMPLES
@given(sort=generated.SORTS, documents=generated.SORTED_DOCUMENTS)
def test_sort(oracles: tuple[Oracle, Oracle], sort: Any, documents: Any) -> None:
    expected = agreed(oracles, lambda oracle: oracle.sort(sort, documents))
    assert exactly(Sort.parse(sort).sorted(documents)) == exactly(expected)


@EXAMPLES
@given(fields=generated.PROJECTIONS, document=generated.DOCUMENTS)
def test_projection(oracles: tuple[Oracle, Oracle], fields: Any, document: Any) -> None:
    expected = agreed(oracles, lambda oracle: oracle.project(fields, document))
    assert exactly(Projection.parse(fields).apply(document)) == exactly(expected)
