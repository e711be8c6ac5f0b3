"""The books that the tests of data over HTTP work on."""

from typing import Any

from tests.http.calling import Call
from tests.http.scenario import MASTER, delete, post

SECRET = "s3cret-of-the-library"
NOBODY = "00000000-0000-0000-0000-000000000000"

BOOKS: list[dict[str, Any]] = [
    {"Id": "b1", "Title": "Emma", "Pages": 300, "Tags": ["love", "england"], "Isbn": "111", "Author": "a1",
     "Published": "1815-12-23T00:00:00.000Z", "Rating": {"Stars": 5, "Votes": 10}},
    {"Id": "b2", "Title": "Dracula", "Pages": 420, "Tags": ["horror", "england"], "Isbn": "222", "InPrint": True,
     "Published": "1897-05-26T00:00:00.000Z", "Rating": {"Stars": 4, "Votes": 3}},
    {"Id": "b3", "Title": "Ulysses", "Pages": 730, "Tags": [], "Isbn": "333", "InPrint": False, "Rating": {"Stars": 5}},
    {"Id": "b4", "Title": "emma again", "Pages": 80, "Lines": [{"No": 1, "Text": "x"}, {"No": 2, "Text": "y"}]},
    {"Id": "b5", "Title": "Ärger", "Pages": 150, "Isbn": None, "Author": "a2"},
]  # fmt: skip
"""Created one second after the other, at `created_at`."""


def created_at(number: int) -> str:
    return f"2016-02-03T04:05:0{number}.789Z"


def fill(call: Call) -> None:
    """Leave the books, and nothing else."""
    for name in ("Book", "Author", "Diary", "Letter", "Law", "Salary", "Visit"):
        assert delete(f"/{name}", MASTER)(call).status == 200
    assert delete("/Ledger", MASTER, filter={"Id": {"$exists": True}})(call).status == 200
    items = [{**book, "CreatedAt": created_at(number)} for number, book in enumerate(BOOKS, 1)]
    answer = post("/Book", items, MASTER, override="true")(call)
    assert answer.status == 201, answer.text
