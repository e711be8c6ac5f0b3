"""What every engine of documents promises of unique fields, for one definition and for several."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest

from runtime.store.documents import Collection, Documents, DuplicatesExistError, DuplicateValueError
from tests.store.asking import counted, found, ids, values
from tests.store.books import INDEXED, PLAIN, get

FREE = Collection("shop", "Book", indexed=("ISBN",))
UNIQUE = Collection("shop", "Book", unique=("ISBN",))
ALSO_UNIQUE = Collection("shop", "Book", unique=("ISBN",), indexed=("Title",))


class TestUniqueFields:
    SAME = [
        ("text", "1", "1", True),
        ("case", "a", "A", False),
        ("1 and 1.0", 1, 1.0, True),
        ("1 and true", 1, True, False),
        ("1 and its text", 1, "1", False),
        ("an instant, written in two ways", "2016-02-03T04:05:06Z", "2016-02-03T05:05:06.000+01:00", True),
        ("null", None, None, False),
        ("large numbers next to each other", 2**60, 2**60 + 1, False),
        ("a large number twice", 2**60, float(2**60), True),
        ("long texts", "x" * 5000, "x" * 5000, True),
        ("long texts with another end", "x" * 5000 + "a", "x" * 5000 + "b", False),
        ("arrays", [1, 2], [1.0, 2], True),
        ("arrays with a common element", [1, 2], [2, 3], False),
        ("an array and its element", [1], 1, False),
        ("an array and an array in an array", [1], [[1]], False),
        ("objects", {"a": 1, "b": 2}, {"b": 2, "a": 1}, True),
    ]

    @pytest.mark.parametrize(("first", "second", "same"), [case[1:] for case in SAME], ids=[case[0] for case in SAME])
    def test_what_is_the_same_value(self, documents: Documents, first: Any, second: Any, same: bool) -> None:
        documents.insert(INDEXED, [{"Id": "1", "ISBN": first}])
        if same:
            with pytest.raises(DuplicateValueError) as error:
                documents.insert(INDEXED, [{"Id": "2", "ISBN": second}])
            assert (error.value.field, error.value.value, error.value.position) == ("ISBN", second, 0)
        else:
            documents.insert(INDEXED, [{"Id": "2", "ISBN": second}])
        assert counted(documents, INDEXED) == (1 if same else 2)

    def test_missing_is_no_value(self, documents: Documents) -> None:
        documents.insert(INDEXED, [{"Id": "1"}, {"Id": "2"}, {"Id": "3", "ISBN": None}])
        assert counted(documents, INDEXED) == 3

    INSERTS = [
        ("id that is there", [{"Id": "2"}, {"Id": "1"}], "Id", 1),
        ("id twice", [{"Id": "2"}, {"Id": "3"}, {"Id": "2"}], "Id", 2),
        ("value that is there", [{"Id": "2"}, {"Id": "3", "ISBN": "1"}], "ISBN", 1),
        ("value twice", [{"Id": "2", "ISBN": "2"}, {"Id": "3", "ISBN": "2"}], "ISBN", 1),
    ]

    @pytest.mark.parametrize(
        ("inserted", "field", "position"), [case[1:] for case in INSERTS], ids=[case[0] for case in INSERTS]
    )
    def test_an_insert_is_all_or_nothing(
        self, documents: Documents, inserted: list[dict[str, Any]], field: str, position: int
    ) -> None:
        documents.insert(INDEXED, [{"Id": "1", "ISBN": "1", "Title": "x"}])
        before = found(documents, INDEXED)
        with pytest.raises(DuplicateValueError) as error:
            documents.insert(INDEXED, inserted)
        assert (error.value.field, error.value.position) == (field, position)
        assert error.value.value == inserted[position][field]
        assert found(documents, INDEXED) == before
        assert counted(documents, INDEXED, {"Title": None}) == 0
        documents.insert(INDEXED, [{"Id": "2", "ISBN": "2"}, {"Id": "3", "ISBN": "3"}])

    def test_replaces_stop_at_a_duplicate(self, documents: Documents) -> None:
        documents.insert(INDEXED, [{"Id": id, "ISBN": id} for id in "abcd"])
        changed = [replace(document, value={**document.value, "n": 1}) for document in found(documents, INDEXED)]
        changed[2].value["ISBN"] = "d"
        changed[2].value["Title"] = "x"
        with pytest.raises(DuplicateValueError) as error:
            documents.replace(INDEXED, changed)
        assert (error.value.field, error.value.value, error.value.position) == ("ISBN", "d", 2)
        assert ids(documents, INDEXED, {"n": 1}) == "ab"
        assert ids(documents, INDEXED, {"Title": "x"}) == ""
        assert ids(documents, INDEXED, {"ISBN": "c"}) == "c"

    def test_a_value_that_was_given_up_is_free(self, documents: Documents) -> None:
        documents.insert(INDEXED, [{"Id": "a", "ISBN": 1}, {"Id": "b", "ISBN": 2}])
        a, b = found(documents, INDEXED)
        documents.replace(INDEXED, [replace(a, value={"Id": "a", "ISBN": 3}), replace(b, value={"Id": "b", "ISBN": 1})])
        documents.delete(INDEXED, [get(documents, INDEXED, "a")])
        documents.insert(INDEXED, [{"Id": "c", "ISBN": 3}, {"Id": "d", "ISBN": 2}])
        assert values(documents, INDEXED, {"ISBN": {"$gt": 0}}, {"ISBN": 1}) == [
            {"Id": "b", "ISBN": 1},
            {"Id": "d", "ISBN": 2},
            {"Id": "c", "ISBN": 3},
        ]

    def test_a_document_does_not_collide_with_itself(self, documents: Documents) -> None:
        documents.insert(INDEXED, [{"Id": "a", "ISBN": 1}])
        documents.replace(INDEXED, [replace(get(documents, INDEXED, "a"), value={"Id": "a", "ISBN": 1.0, "n": 2})])
        assert values(documents, INDEXED, {"ISBN": 1}) == [{"Id": "a", "ISBN": 1.0, "n": 2}]

    def test_only_one_of_many_threads_has_a_value(self, documents: Documents) -> None:
        def insert(n: int) -> bool:
            try:
                documents.insert(INDEXED, [{"Id": str(n), "ISBN": "same"}])
            except DuplicateValueError:
                return False
            return True

        with ThreadPoolExecutor(8) as threads:
            assert sum(threads.map(insert, range(40))) == 1
        assert counted(documents, INDEXED) == 1


class TestSeveralDefinitions:
    """All writes are of one value, so that each but the first succeeds only where the field is not unique."""

    STEPS = [
        ("unique for all", [("write", UNIQUE, "done"), ("write", FREE, "taken"), ("write", UNIQUE, "taken")]),
        (
            "until one is prepared that does not want it",
            [("write", UNIQUE, "done"), ("prepare", FREE, "done"), ("write", FREE, "done")],
        ),
        (
            "not even for those who still want it",
            [
                ("write", UNIQUE, "done"),
                ("prepare", FREE, "done"),
                ("write", UNIQUE, "done"),
                ("read", UNIQUE, "done"),
                ("write", FREE, "done"),
            ],
        ),
        (
            "unless they are prepared once more",
            [
                ("write", UNIQUE, "done"),
                ("prepare", FREE, "done"),
                ("prepare", UNIQUE, "done"),
                ("write", FREE, "taken"),
                ("write", UNIQUE, "taken"),
            ],
        ),
        (
            "prepared once more in vain",
            [
                ("write", UNIQUE, "done"),
                ("prepare", FREE, "done"),
                ("write", FREE, "done"),
                ("prepare", UNIQUE, "duplicates"),
                ("write", UNIQUE, "duplicates"),
                ("read", UNIQUE, "duplicates"),
                ("write", FREE, "done"),
            ],
        ),
        (
            "one that was not met before makes it unique again",
            [
                ("write", UNIQUE, "done"),
                ("prepare", FREE, "done"),
                ("read", ALSO_UNIQUE, "done"),
                ("write", FREE, "taken"),
            ],
        ),
        (
            "one that is new makes it unique",
            [("write", FREE, "done"), ("read", UNIQUE, "done"), ("write", FREE, "taken")],
        ),
        (
            "one that is new finds duplicates",
            [
                ("write", FREE, "done"),
                ("write", FREE, "done"),
                ("write", UNIQUE, "duplicates"),
                ("read", UNIQUE, "duplicates"),
                ("write", FREE, "done"),
            ],
        ),
        (
            "two that want it",
            [
                ("write", UNIQUE, "done"),
                ("prepare", ALSO_UNIQUE, "done"),
                ("write", UNIQUE, "taken"),
                ("write", ALSO_UNIQUE, "taken"),
            ],
        ),
    ]

    @pytest.mark.parametrize("steps", [case[1] for case in STEPS], ids=[case[0] for case in STEPS])
    def test_what_is_unique_for_whom(self, documents: Documents, steps: list[tuple[str, Collection, str]]) -> None:
        happened = []
        for number, (operation, definition, _) in enumerate(steps):
            try:
                match operation:
                    case "write":
                        documents.insert(definition, [{"Id": str(number), "ISBN": "1"}])
                    case "read":
                        found(documents, definition)
                    case "prepare":
                        documents.prepare(definition)
            except DuplicatesExistError:
                happened.append((operation, definition, "duplicates"))
            except DuplicateValueError:
                happened.append((operation, definition, "taken"))
            else:
                happened.append((operation, definition, "done"))
        assert happened == steps
        written = "".join(str(n) for n, step in enumerate(steps) if step[0] == "write" and step[2] == "done")
        assert ids(documents, Collection("shop", "Book"), {"ISBN": "1"}) == written


class TestDuplicates:
    @pytest.mark.parametrize("before", [PLAIN, FREE], ids=["without an index", "with an index"])
    @pytest.mark.parametrize(
        ("first", "second", "same"),
        [case[1:] for case in TestUniqueFields.SAME],
        ids=[case[0] for case in TestUniqueFields.SAME],
    )
    def test_they_are_found_by_reading(
        self, documents: Documents, before: Collection, first: Any, second: Any, same: bool
    ) -> None:
        documents.insert(before, [{"Id": "1", "ISBN": first}, {"Id": "2", "ISBN": second}, {"Id": "3"}])
        duplicates = documents.duplicates(INDEXED)
        assert duplicates == (("ISBN", second) if same else None)
        documents.insert(before, [{"Id": "4", "ISBN": first}])  # nothing has become unique
        if first is not None:
            assert documents.duplicates(INDEXED) == ("ISBN", first)

    def test_a_collection_that_nobody_has_used_has_none(self, documents: Documents) -> None:
        assert documents.duplicates(INDEXED) is None

    def test_values_that_are_missing_are_none(self, documents: Documents) -> None:
        documents.insert(PLAIN, [{"Id": "1"}, {"Id": "2"}, {"Id": "3", "ISBN": None}])
        assert documents.duplicates(INDEXED) is None
        documents.prepare(FREE)
        assert documents.duplicates(INDEXED) is None

    def test_elements_of_arrays_are_none(self, documents: Documents) -> None:
        documents.insert(FREE, [{"Id": "1", "ISBN": [1, 2]}, {"Id": "2", "ISBN": 1}, {"Id": "3", "ISBN": [[1, 2]]}])
        assert documents.duplicates(UNIQUE) is None
        documents.prepare(UNIQUE)
        with pytest.raises(DuplicateValueError):
            documents.insert(UNIQUE, [{"Id": "4", "ISBN": [1.0, 2]}])

    def test_what_is_unique_already_has_none(self, documents: Documents) -> None:
        documents.insert(UNIQUE, [{"Id": "1", "ISBN": 1, "Title": "x"}, {"Id": "2", "ISBN": 2, "Title": "x"}])
        assert documents.duplicates(UNIQUE) is None
        assert documents.duplicates(Collection("shop", "Book", unique=("ISBN", "Title"))) == ("Title", "x")
