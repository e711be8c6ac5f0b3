"""Any order of operations leaves what it leaves in a dictionary, and finds what is found there."""

import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from runtime.query.filter import Filter
from runtime.query.ordering import order_key
from runtime.query.sort import Sort
from runtime.store.documents import Collection, Document, DocumentChangedError, DuplicateValueError
from tests.query.generated import DOCUMENTS, FILTERS, SORTS, VALUES
from tests.store.asking import counted, found, in_time, query
from tests.store.engines import DOCUMENT_ENGINES
from tests.store.generated_definitions import FIELDS, SUBSETS, has_duplicates, unique_keys


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
