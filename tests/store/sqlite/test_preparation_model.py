"""Two programs with several definitions of one collection, while its indexes are made and dropped.

Whatever they do, each finds what a list of documents would give, and a field is unique when the port says so.
"""

import tempfile
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from runtime.errors import ReliveError
from runtime.store.documents import Collection, DuplicatesExistError, DuplicateValueError
from tests.store.asking import counted, query, values
from tests.store.sqlite.consistency import require_consistent
from tests.store.sqlite.preparing import program
from tests.store.sqlite.slices import Looks, indexes_in, one_document_at_a_time

PROGRAMS = st.sampled_from([0, 1])
DEFINITIONS = st.sampled_from(
    [
        Collection("app", "Type", indexed=("a",)),
        Collection("app", "Type", indexed=("b",)),
        Collection("app", "Type", unique=("a",), indexed=("b", "c")),
        Collection("app", "Type", unique=("b",)),
        Collection("app", "Type", unique=("a", "b")),
    ]
)
VALUES = st.fixed_dictionaries(
    {}, optional={field: st.sampled_from([1, 2, 3, 4, 5, None, [1], [2, 3], "x" * 900]) for field in "abc"}
)


class PreparationMachine(RuleBasedStateMachine):
    """`unique` are the fields that are so; `met` the definitions for which, in each program, theirs were once."""

    def __init__(self) -> None:
        super().__init__()
        self.opened = ExitStack()
        one_document_at_a_time(self.opened.enter_context(pytest.MonkeyPatch.context()))
        self.path = Path(self.opened.enter_context(tempfile.TemporaryDirectory())) / "relive.db"
        self.programs = [self.opened.enter_context(program(self.path)) for _ in range(2)]
        self.model: dict[str, dict[str, Any]] = {}
        self.unique: set[str] = set()
        self.met: list[set[Collection]] = [set(), set()]
        self.fresh = 0

    def teardown(self) -> None:
        self.opened.close()

    def keys(self, fields: Any, but: str | None = None) -> list[Any]:
        documents = [value for id, value in self.model.items() if id != but]
        return [(field, repr(value[field])) for value in documents for field in fields if value.get(field) is not None]

    def has_duplicates(self, fields: Any) -> bool:
        keys = self.keys(fields)
        return len(keys) > len(set(keys))

    def serves(self, number: int, definition: Collection) -> bool:
        """Whether an operation with this definition goes on; it may make fields unique before."""
        if definition not in self.met[number] and self.has_duplicates(definition.unique):
            return False
        if definition not in self.met[number]:
            self.unique |= {*definition.unique}
        self.met[number].add(definition)
        return True

    def is_taken(self, value: dict[str, Any]) -> bool:
        keys = {(field, repr(value[field])) for field in self.unique if value.get(field) is not None}
        return not keys.isdisjoint(self.keys(self.unique, but=value["Id"]))

    @rule(number=PROGRAMS, definition=DEFINITIONS, value=VALUES)
    def insert(self, number: int, definition: Collection, value: dict[str, Any]) -> None:
        self.fresh += 1
        value = {"Id": str(self.fresh), **value}
        if not self.serves(number, definition):
            with pytest.raises(DuplicatesExistError):
                self.programs[number].insert(definition, [value])
        elif self.is_taken(value):
            with pytest.raises(DuplicateValueError) as error:
                self.programs[number].insert(definition, [value])
            assert not isinstance(error.value, DuplicatesExistError)
        else:
            self.programs[number].insert(definition, [value])
            self.model[value["Id"]] = value

    @precondition(lambda self: self.model)
    @rule(number=PROGRAMS, definition=DEFINITIONS, data=st.data(), changes=VALUES | st.none())
    def write(self, number: int, definition: Collection, data: Any, changes: dict[str, Any] | None) -> None:
        """Replace a document, or delete it."""
        documents = self.programs[number]
        document = documents.get(definition, data.draw(st.sampled_from(sorted(self.model))))
        assert document is not None
        new = replace(document, value={**document.value, **(changes or {})})
        if not self.serves(number, definition):
            with pytest.raises(DuplicatesExistError):
                documents.replace(definition, [new])
        elif changes is None:
            documents.delete(definition, [document])
            del self.model[document.id]
        elif self.is_taken(new.value):
            with pytest.raises(DuplicateValueError):
                documents.replace(definition, [new])
        else:
            documents.replace(definition, [new])
            self.model[new.id] = new.value

    @rule(number=PROGRAMS, definition=DEFINITIONS, field=st.sampled_from("abc"), value=st.sampled_from([1, 2, None]))
    def find(self, number: int, definition: Collection, field: str, value: Any) -> None:
        filter = {field: value}
        if not self.serves(number, definition):
            with pytest.raises(DuplicatesExistError):
                counted(self.programs[number], definition, filter)
            return
        parsed = query(filter, {field: -1})
        matching = [each for each in self.model.values() if parsed.filter.matches(each)]
        assert values(self.programs[number], definition, filter, {field: -1}) == parsed.sort.sorted(matching)
        assert counted(self.programs[number], definition, filter) == len(matching)

    @rule(number=PROGRAMS, definition=DEFINITIONS, looks=st.integers(0, 12))
    def run_out_of_time(self, number: int, definition: Collection, looks: int) -> None:
        try:
            count = self.programs[number].count(definition, query().filter, Looks.of(looks))
        except DuplicatesExistError:
            assert not self.serves(number, definition)
        except ReliveError:
            # It may have come to that, or not.
            unique = {index.field for index in indexes_in(self.path) if index.unique}
            assert unique in (self.unique, self.unique | {*definition.unique})
            if unique >= {*definition.unique}:
                assert self.serves(number, definition)
        else:
            assert self.serves(number, definition)
            assert count == len(self.model)

    @rule(number=PROGRAMS, definition=DEFINITIONS)
    def prepare(self, number: int, definition: Collection) -> None:
        self.met[number].discard(definition)
        duplicates = self.programs[1 - number].duplicates(definition)
        assert (duplicates is not None) == self.has_duplicates(definition.unique)
        if not self.serves(number, definition):
            with pytest.raises(DuplicatesExistError):
                self.programs[number].prepare(definition)
            return
        self.programs[number].prepare(definition)
        self.unique = {*definition.unique}
        assert {index.field for index in indexes_in(self.path)} == {*definition.unique, *definition.indexed}

    @invariant()
    def the_file_is_consistent(self) -> None:
        assert require_consistent(self.path) == self.model


TestPreparationMachine = pytest.mark.slow(PreparationMachine.TestCase)
TestPreparationMachine.settings = settings(
    max_examples=20, stateful_step_count=25, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)


@pytest.mark.slow
class TestPreparationMachineForLonger(PreparationMachine.TestCase):
    settings = settings(TestPreparationMachine.settings, max_examples=300, stateful_step_count=40)
