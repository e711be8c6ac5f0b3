"""Days and expanded items where filters and updates name a declared field."""

from typing import Any

import pytest

from runtime.apps.definition import TypeDefinition
from runtime.data.operands import filter_as_kept, update_as_kept

DEFINITION = TypeDefinition.model_validate(
    {
        "fields": {
            "Out": {"type": "date"},
            "Title": {"type": "text"},
            "Editors": {"type": "relations", "to": "Book"},
            "By": {"type": "relation", "to": "Book"},
        }
    }
)
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
    ("an item", {"By": {"Id": "a1", "Name": "Ada"}}, {"By": "a1"}),
    ("items", {"Editors": {"$in": [{"Id": "a1"}, "a2", None]}}, {"Editors": {"$in": ["a1", "a2", None]}}),
    ("an object that is no item", {"By": {"Name": "Ada"}, "Other": {"Id": "a1"}}, {"By": {"Name": "Ada"}, "Other": {"Id": "a1"}}),
]  # fmt: skip


@pytest.mark.parametrize(("sent", "read"), [row[1:] for row in FILTERS], ids=[row[0] for row in FILTERS])
def test_filters(sent: Any, read: Any) -> None:
    assert filter_as_kept(sent, DEFINITION) == read


ITEM, ID = {"Id": "a1", "Name": "Ada"}, "a1"

UPDATES: list[tuple[str, Any, Any]] = [
    ("the extremes", {"$min": {"Out": DAY, "Title": DAY}}, {"$min": {"Out": MIDNIGHT, "Title": DAY}}),
    ("what is set is for the field", {"$set": {"Out": DAY, "By": ITEM}}, {"$set": {"Out": DAY, "By": ITEM}}),
    ("one related item", {"$addToSet": {"Editors": ITEM, "Other": ITEM}}, {"$addToSet": {"Editors": ID, "Other": ITEM}}),
    ("several", {"$push": {"Editors": {"$each": [ITEM, "a2"], "$position": 0}}}, {"$push": {"Editors": {"$each": [ID, "a2"], "$position": 0}}}),
    ("taken away", {"$pull": {"Editors": ITEM}}, {"$pull": {"Editors": ID}}),
    ("one of several taken away", {"$pull": {"Editors": {"$in": [ITEM]}}}, {"$pull": {"Editors": {"$in": [ID]}}}),
    ("all taken away", {"$pullAll": {"Editors": [ITEM]}}, {"$pullAll": {"Editors": [ID]}}),
    ("no object", {"$max": 5}, {"$max": 5}),
    ("no update", "text", "text"),
]  # fmt: skip


@pytest.mark.parametrize(("sent", "read"), [row[1:] for row in UPDATES], ids=[row[0] for row in UPDATES])
def test_updates(sent: Any, read: Any) -> None:
    assert update_as_kept(sent, DEFINITION) == read
