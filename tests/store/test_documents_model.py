"""Whatever is written, asked for and indexed: what is found is what a list of documents would give."""

import itertools
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from runtime.query.filter import Filter
from runtime.query.ordering import order_key
from runtime.query.sort import Sort
from runtime.store.documents import Collection, Document, DocumentChangedError, Documents, DuplicateValueError
from tests.query.generated import DOCUMENTS, FILTERS, SCALARS, SORTS, VALUES
from tests.store.asking import counted, found, in_time, query, values
from tests.store.engines import DOCUMENT_ENGINES, marked

# Those that are asked over HTTP are asked less, and in a new table each time: to moto a full one is slow.
REMOTE = [name for name in DOCUMENT_ENGINES if name.startswith("dynamodb")]
EMBEDDED = [name for name in DOCUMENT_ENGINES if name not in REMOTE]

FIELDS = ["a", "b", "c"]
SUBSETS = st.lists(st.sampled_from(FIELDS), unique=True).map(tuple)

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


def unique_keys(value: dict[str, Any], unique: tuple[str, ...]) -> set[Any]:
    return {(field, order_key(value[field])) for field in unique if value.get(field) is not None}


def has_duplicates(values: Iterable[dict[str, Any]], unique: tuple[str, ...]) -> bool:
    keys = [key for value in values for key in unique_keys(value, unique)]
    return len(keys) > len(set(keys))


class DocumentsMachine(RuleBasedStateMachine):
    """`model` has the documents in the order of insertion; `seen` those that were read at some time.

    `unique` are the fields that are so at the moment, and `met` the definitions that were used at some time.
    """

    engine = "sqlite"

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.opened = DOCUMENT_ENGINES[self.engine](Path(self.folder.name))
        self.store = self.opened.__enter__()
        self.collection = Collection("app", "Type", unique=("a",), indexed=("b",))
        self.model: dict[str, Document] = {}
        self.seen: list[Document] = []
        self.unique = ("a",)
        self.met = {self.collection}

    def teardown(self) -> None:
        self.opened.__exit__(None, None, None)
        self.folder.cleanup()

    def taken(self, but: str | None = None) -> set[Any]:
        return {
            key for id, document in self.model.items() if id != but for key in unique_keys(document.value, self.unique)
        }

    def read_again(self, *ids: str) -> None:
        for id in ids:
            document = self.store.get(self.collection, id)
            assert document is not None
            assert document.version not in {earlier.version for earlier in self.seen}
            self.model[id] = document
            self.seen.append(document)

    @rule(items=st.lists(st.tuples(st.sampled_from("stuvwxyz"), DOCUMENTS), min_size=1, max_size=3))
    def insert(self, items: list[tuple[str, dict[str, Any]]]) -> None:
        inserted = [{"Id": id, **value} for id, value in items]
        taken, ids = self.taken(), set(self.model)
        duplicate = None
        for position, value in enumerate(inserted):
            keys = unique_keys(value, self.unique)
            if value["Id"] in ids or keys & taken:
                duplicate = position
                break
            ids.add(value["Id"])
            taken |= keys
        if duplicate is None:
            self.store.insert(self.collection, inserted)
            self.read_again(*(id for id, _ in items))
        else:
            with pytest.raises(DuplicateValueError) as error:
                self.store.insert(self.collection, inserted)
            assert error.value.position == duplicate

    @precondition(lambda self: self.seen)
    @rule(data=st.data(), value=DOCUMENTS)
    def replace(self, data: Any, value: dict[str, Any]) -> None:
        old = data.draw(st.sampled_from(self.seen))
        new = replace(old, value={"Id": old.id, **value})
        if self.model.get(old.id) != old:
            with pytest.raises(DocumentChangedError):
                self.store.replace(self.collection, [new])
        elif unique_keys(new.value, self.unique) & self.taken(but=old.id):
            with pytest.raises(DuplicateValueError):
                self.store.replace(self.collection, [new])
        else:
            self.store.replace(self.collection, [new])
            self.read_again(old.id)

    @precondition(lambda self: self.model)
    @rule(filter=FILTERS, value=VALUES, field=st.sampled_from(FIELDS))
    def replace_what_is_found(self, filter: Any, value: Any, field: str) -> None:
        matching = [document for document in self.model.values() if Filter.parse(filter).matches(document.value)]
        assert found(self.store, self.collection, filter) == matching
        changed = [replace(document, value={**document.value, field: value}) for document in matching]
        done = len(changed)
        if field in self.unique and value is not None and changed:
            # Each but the first collides with the one before; the first with any that has the value already.
            others = {id: document for id, document in self.model.items() if id != changed[0].id}
            free = all(order_key(other.value.get(field)) != order_key(value) for other in others.values())
            done = 1 if free else 0
        if done == len(changed):
            self.store.replace(self.collection, changed)
        else:
            with pytest.raises(DuplicateValueError) as error:
                self.store.replace(self.collection, changed)
            assert (error.value.position, error.value.field) == (done, field)
        self.read_again(*(document.id for document in changed[:done]))

    @precondition(lambda self: self.seen)
    @rule(data=st.data())
    def delete(self, data: Any) -> None:
        old = data.draw(st.sampled_from(self.seen))
        if self.model.get(old.id) != old:
            with pytest.raises(DocumentChangedError):
                self.store.delete(self.collection, [old])
        else:
            self.store.delete(self.collection, [old])
            del self.model[old.id]

    @rule(unique=SUBSETS, indexed=SUBSETS, at_once=st.booleans())
    def ask_for_other_indexes(self, unique: tuple[str, ...], indexed: tuple[str, ...], at_once: bool) -> None:
        other = Collection("app", "Type", unique=unique, indexed=indexed)
        if has_duplicates((document.value for document in self.model.values()), unique):
            assert self.store.duplicates(other) is not None
            with pytest.raises(DuplicateValueError):
                self.store.prepare(other)
            self.met.discard(other)
            return
        assert self.store.duplicates(other) is None
        self.collection = other
        if at_once:
            self.store.prepare(other)
            self.unique = unique
        elif other not in self.met:
            self.unique = (*{*self.unique, *unique},)
        self.met.add(other)

    @rule(filter=FILTERS, sort=SORTS | st.none(), skip=st.integers(0, 2), take=st.integers(0, 3) | st.none())
    def find(self, filter: Any, sort: Any, skip: int, take: int | None) -> None:
        matching = [document.value for document in self.model.values() if Filter.parse(filter).matches(document.value)]
        expected = Sort.parse(sort).sorted(matching)[skip:]
        rows = self.store.find(self.collection, query(filter, sort, skip, take), in_time())
        assert [document.value for document in rows] == expected[:take]
        assert counted(self.store, self.collection, filter) == len(matching)

    @invariant()
    def every_document_is_as_in_the_model(self) -> None:
        assert found(self.store, self.collection) == list(self.model.values())


TestDocumentsMachine = pytest.mark.slow(DocumentsMachine.TestCase)
TestDocumentsMachine.settings = settings(
    max_examples=15, stateful_step_count=25, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)


@pytest.mark.slow
class TestDocumentsMachineForLonger(DocumentsMachine.TestCase):
    settings = settings(TestDocumentsMachine.settings, max_examples=150, stateful_step_count=40)


class MinistackDocumentsMachine(DocumentsMachine):
    engine = "dynamodb-ministack"


class MotoDocumentsMachine(DocumentsMachine):
    engine = "dynamodb-moto"


FEWER = settings(TestDocumentsMachine.settings, max_examples=8)

TestMinistackDocumentsMachine = pytest.mark.slow(MinistackDocumentsMachine.TestCase)
TestMinistackDocumentsMachine.settings = FEWER
TestMotoDocumentsMachine = pytest.mark.slow(MotoDocumentsMachine.TestCase)
TestMotoDocumentsMachine.settings = FEWER
