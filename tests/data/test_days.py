"""Days in filters and updates of date fields."""

from typing import Any

import pytest

from runtime.apps.definition import TypeDefinition
from runtime.data.days import filter_with_midnights, update_with_midnights

DEFINITION = TypeDefinition.model_validate({"fields": {"Out": {"type": "date"}, "Title": {"type": "text"}}})
DAY, MIDNIGHT = "2020-01-02", "2020-01-02T00:00:00.000Z"

FILTERS: list[tuple[str, Any, Any]] = [
    ("equality", {"Out": DAY}, {"Out": MIDNIGHT}),
    ("comparison", {"Out": {"$gte": DAY, "$lt": DAY}}, {"Out": {"$gte": MIDNIGHT, "$lt": MIDNIGHT}}),
    ("one of several", {"Out": {"$in": [DAY, None]}}, {"Out": {"$in": [MIDNIGHT, None]}}),
    ("negation", {"Out": {"$not": {"$gt": DAY}}}, {"Out": {"$not": {"$gt": MIDNIGHT}}}),
    ("logic", {"$or": [{"Out": DAY}, {"$not": {"Out": DAY}}]}, {"$or": [{"Out": MIDNIGHT}, {"$not": {"Out": MIDNIGHT}}]}),
    ("system fields", {"CreatedAt": {"$gt": DAY}}, {"CreatedAt": {"$gt": MIDNIGHT}}),
    ("other zones", {"Out": "2020-01-02T02:00:00+02:00"}, {"Out": MIDNIGHT}),
    ("other fields stay", {"Title": DAY, "Other": {"$gt": DAY}}, {"Title": DAY, "Other": {"$gt": DAY}}),
    ("patterns stay", {"Out": {"$regex": DAY, "$options": ""}}, {"Out": {"$regex": DAY, "$options": ""}}),
    ("no date stays", {"Out": ["2020", 5, True]}, {"Out": ["2020", 5, True]}),
    ("no filter stays", None, None),
]  # fmt: skip


@pytest.mark.parametrize(("sent", "read"), [row[1:] for row in FILTERS], ids=[row[0] for row in FILTERS])
def test_filters(sent: Any, read: Any) -> None:
    assert filter_with_midnights(sent, DEFINITION) == read


def test_updates() -> None:
    sent = {"$min": {"Out": DAY, "Title": DAY}, "$set": {"Out": DAY}, "$max": 5}
    assert update_with_midnights(sent, DEFINITION) == {
        "$min": {"Out": MIDNIGHT, "Title": DAY},
        "$set": {"Out": DAY},
        "$max": 5,
    }
    assert update_with_midnights("text", DEFINITION) == "text"
