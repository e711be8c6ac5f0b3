"""Whatever is written, asked for and indexed: what is found is what a list of documents would give."""

import itertools
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from runtime.query.filter import Filter
from runtime.query.sort import Sort
from runtime.store.documents import Collection, Documents
from tests.query.generated import DOCUMENTS, FILTERS, SCALARS, SORTS
from tests.store.asking import counted, values
from tests.store.engines import DOCUMENT_ENGINES, marked
from tests.store.generated_definitions import FIELDS, SUBSETS, has_duplicates

# Those that are asked over HTTP are asked less, and in a new table each time: to moto a full one is slow.
REMOTE = [name for name in DOCUMENT_ENGINES if name.startswith("dynamodb")]
EMBEDDED = [name for name in DOCUMENT_ENGINES if name not in REMOTE]

# On what has an index, most of them.
COMPARISONS = st.dictionaries(
    st.sampled_from(FIELDS),
    st.dictionaries(st.sampled_from(["$gt", "$gte", "$lt", "$lte", "$ne"]), SCALARS, min_size=1, max_size=2) | SCALARS,
    min_size=1,
    max_size=2,
)

# What takes the place of some of the values in documents and filters alike.
TEXTS = st.sampled_from(
    ["ab", "a\0", "a\1b", "\ud83d", "é", "x" * 900 + "a", "2016-02-03T04:05:06Z", "2016-02-03T05:05:06+01:00"]
)
NUMBERS = st.sampled_from([1.5, 0.1 + 0.2, 2**53 + 1, 2**63, 1e22, 5e-324, -(2**60) - 1, 1e300, -1])


@pytest.fixture(scope="module", params=EMBEDDED)
def store(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Documents]:
    with DOCUMENT_ENGINES[request.param](tmp_path_factory.mktemp("documents")) as documents:
        yield documents


@pytest.fixture(scope="module")
def names() -> Iterator[str]:
    """A collection of its own for each example."""
    return (f"Type{n}" for n in itertools.count())


def exchanged(value: Any, by: dict[Any, Any]) -> Any:
    if isinstance(value, dict):
        return {name: exchanged(inner, by) for name, inner in value.items()}
    if isinstance(value, list):
        return [exchanged(inner, by) for inner in value]
    return by.get(value, value) if isinstance(value, str | float) or value == -1 else value


@pytest.fixture(params=[1000, 2], ids=["few", "many"])
def _estimates(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Plans differ with the number of documents, so a few are taken for many as well."""
    monkeypatch.setattr("runtime.store.sqlite.plan.FEW", request.param)
    for name in ("candidates.FEW", "candidates.PROBED", "candidates.MAX_QUERIES", "finding.FIRST_LOOK"):
        monkeypatch.setattr(f"runtime.store.dynamodb.{name}", request.param)
    monkeypatch.setattr("runtime.store.dynamodb.sorted_documents.HELD_BYTES", 50 * request.param)


QUICK = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
QUERIES = given(
    items=st.lists(DOCUMENTS, max_size=8),
    indexed=SUBSETS,
    unique=SUBSETS,
    filters=st.lists(FILTERS | COMPARISONS | st.just({}), min_size=1, max_size=3),
    sort=SORTS | st.none(),
    page=st.tuples(st.integers(0, 3), st.integers(0, 4) | st.none()),
    by=st.fixed_dictionaries({"ab": TEXTS, 1.5: NUMBERS, -1: NUMBERS}),
)


@pytest.mark.slow
@pytest.mark.usefixtures("_estimates")
@QUICK
@QUERIES
def test_a_query_gives_what_a_list_gives(store: Documents, names: Iterator[str], **drawn: Any) -> None:
    require_what_a_list_gives(store, next(names), **drawn)


@pytest.mark.slow
@pytest.mark.usefixtures("_estimates")
@settings(QUICK, max_examples=1000)
@QUERIES
def test_many_queries_give_what_a_list_gives(store: Documents, names: Iterator[str], **drawn: Any) -> None:
    require_what_a_list_gives(store, next(names), **drawn)


@pytest.mark.usefixtures("_estimates")
@pytest.mark.parametrize("engine", marked(REMOTE))
@settings(QUICK, max_examples=50)
@QUERIES
def test_fewer_queries_give_what_a_list_gives(engine: str, names: Iterator[str], **drawn: Any) -> None:
    with DOCUMENT_ENGINES[engine](Path()) as store:
        require_what_a_list_gives(store, next(names), **drawn)


def require_what_a_list_gives(
    store: Documents,
    name: str,
    items: Any,
    indexed: tuple[str, ...],
    unique: tuple[str, ...],
    filters: Any,
    sort: Any,
    page: Any,
    by: Any,
) -> None:
    model = [{"Id": str(n), **exchanged(item, by)} for n, item in enumerate(items)]
    unique = tuple(field for field in unique if not has_duplicates(model, (field,)))
    collection = Collection("app", name, unique, indexed)
    store.insert(collection, model)
    for filter in exchanged(filters, by):
        parsed = Filter.parse(filter)
        matching = Sort.parse(sort).sorted(value for value in model if parsed.matches(value))
        skip, take = page
        expected = matching[skip:] if take is None else matching[skip : skip + take]
        assert values(store, collection, filter, sort, skip, take) == expected
        assert counted(store, collection, filter) == len(matching)
