"""A page is fetched in one row; whatever it has, it is the beginning of what is found row by row."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from runtime.errors import ReliveError
from runtime.query.filter import Filter
from runtime.query.sort import Sort
from runtime.store.documents import Collection, Query
from runtime.store.sqlite.database import SqliteDatabase
from runtime.store.sqlite.documents import PAGE, PAGE_CHARACTERS, SqliteDocuments
from tests.store.asking import found, in_time, query
from tests.store.sqlite.slices import Looks

BOOKS = Collection("shop", "Book", indexed=("Title",))

LARGE = "x" * (PAGE_CHARACTERS - 100)
SORTS: tuple[dict[str, int], ...] = ({}, {"Title": 1}, {"Title": -1}, {"n": 1}, {"n": -1, "Title": 1})
ODD: tuple[Any, ...] = (
    None, [], {}, "\0", "a\0b", "\ud800", "\udfff\ud800", "\U0001f600\u2028", '"],[1,2,{}],["\\', 10**300, -(2**63), 5e-324,
    1.5e308, [[[[]]]], {"": {"": None}}, LARGE, "\0" * (PAGE_CHARACTERS // 6), "\U0001f600" * PAGE_CHARACTERS, "x" * 400_000,
)  # fmt: skip


@dataclass(frozen=True)
class Counting:
    """A filter that the first few match and that counts what it was asked about."""

    asked: list[Any]
    matching: int

    def matches(self, document: Any) -> bool:
        self.asked.append(document)
        return len(self.asked) <= self.matching


@pytest.fixture
def documents(tmp_path: Path) -> Any:
    database = SqliteDatabase(tmp_path / "relive.db", durable=False)
    yield SqliteDocuments(database)
    database.close()


@pytest.mark.parametrize("sort", SORTS, ids=str)
def test_odd_documents(documents: SqliteDocuments, sort: Any) -> None:
    values = [{"Id": str(n), "n": n % 5, "Title": n % 3, "odd": odd} for n, odd in enumerate(ODD)]
    documents.insert(BOOKS, values)
    for filter in (None, {"n": {"$lt": 3}}, {"Title": 1}, {"Title": 1, "n": 2}, {"n": 9}):
        whole = found(documents, BOOKS, filter, sort)
        for skip, take in ((0, 0), (0, 1), (0, PAGE), (3, 5), (5, PAGE), (99, 5)):
            assert found(documents, BOOKS, filter, sort, skip, take) == whole[skip : skip + take]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(st.tuples(st.integers(0, 3) | st.none(), st.integers(-300, 300)), max_size=60),
    st.sampled_from(SORTS),
    st.sampled_from([None, {"Title": 1}, {"Title": {"$gt": 0}}, {"n": 2}, {"Title": 2, "n": {"$ne": 1}}]),
    st.integers(0, 5),
    st.integers(0, PAGE),
)
def test_any_documents(
    documents: SqliteDocuments, drawn: list[tuple[Any, int]], sort: Any, filter: Any, skip: int, take: int
) -> None:
    documents.delete(BOOKS, found(documents, BOOKS))
    pads = [(title, "x" * (PAGE_CHARACTERS + size if size > 200 else abs(size))) for title, size in drawn]
    values = [{"Id": str(n), "n": n % 4, "Title": title, "pad": pad} for n, (title, pad) in enumerate(pads)]
    documents.insert(BOOKS, values)
    whole = found(documents, BOOKS, filter, sort)
    assert found(documents, BOOKS, filter, sort, skip, take) == whole[skip : skip + take]


@pytest.mark.parametrize(
    ("body", "matching"),
    [("x", 0), ("x", 3), ("x" * 400_000, 3)],
    ids=["nothing is found", "something", "large documents"],
)
def test_no_document_is_looked_at_twice(documents: SqliteDocuments, body: str, matching: int) -> None:
    documents.insert(BOOKS, [{"Id": str(n), "n": n, "body": body} for n in range(5)])
    asked: list[Any] = []
    wanted = Query(Filter(Counting(asked, matching)), Sort(()), take=5)  # type: ignore[arg-type]
    assert len(list(documents.find(BOOKS, wanted, in_time()))) == matching
    assert len(asked) == 5


def test_a_page_ends_when_the_deadline_passes(documents: SqliteDocuments) -> None:
    documents.insert(BOOKS, [{"Id": str(n)} for n in range(5)])
    rows = documents.find(BOOKS, query(take=5), Looks.of(3))
    with pytest.raises(ReliveError) as error:
        list(rows)
    assert error.value.code == 650
