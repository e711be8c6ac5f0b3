"""What each update makes of a document: the contract. MongoDB's rules, and the forms of the protocol (section 3.4)."""

import copy
from typing import Any

import pytest

from runtime.query.update import Update

# name, update, document, the document afterwards
CASES: list[tuple[str, Any, Any, Any]] = [
    ("nothing", {}, {"a": 1}, {"a": 1}),
    ("plain fields are set", {"a": 2, "b": [1]}, {"a": 1, "c": 3}, {"a": 2, "b": [1], "c": 3}),
    ("a plain dotted field", {"a.b": 2}, {"a": {"b": 1, "c": 1}}, {"a": {"b": 2, "c": 1}}),
    ("a plain object replaces", {"a": {"b": 2}}, {"a": {"b": 1, "c": 1}}, {"a": {"b": 2}}),
    ("a plain null", {"a": None}, {"a": 1}, {"a": None}),
    ("_id is Id", {"$set": {"_id": "x"}}, {"Id": "y"}, {"Id": "x"}),
    ("several operators", {"$set": {"a": 2}, "$inc": {"b": 1}, "$unset": {"c": ""}}, {"a": 1, "b": 1, "c": 1}, {"a": 2, "b": 2}),
    # $set
    ("$set", {"$set": {"a": 2}}, {"a": 1}, {"a": 2}),
    ("$set nothing", {"$set": {}}, {"a": 1}, {"a": 1}),
    ("$set makes objects on the way", {"$set": {"a.b.c": 1}}, {}, {"a": {"b": {"c": 1}}}),
    ("$set in an object", {"$set": {"a.b": 1}}, {"a": {"c": 2}}, {"a": {"b": 1, "c": 2}}),
    ("$set a place of an array", {"$set": {"a.1": 9}}, {"a": [1, 2, 3]}, {"a": [1, 9, 3]}),
    ("$set behind the end of an array", {"$set": {"a.3": 9}}, {"a": [1]}, {"a": [1, None, None, 9]}),
    ("$set in an object of an array", {"$set": {"a.0.b": 9}}, {"a": [{"b": 1}]}, {"a": [{"b": 9}]}),
    ("$set a new object of an array", {"$set": {"a.1.b": 9}}, {"a": [1]}, {"a": [1, {"b": 9}]}),
    ("$set a number in an object", {"$set": {"a.0": 9}}, {"a": {}}, {"a": {"0": 9}}),
    ("$set a number in nothing", {"$set": {"a.0": 9}}, {}, {"a": {"0": 9}}),
    ("$set two fields of an object", {"$set": {"a.b": 1, "a.c": 2}}, {}, {"a": {"b": 1, "c": 2}}),
    # $unset
    ("$unset", {"$unset": {"a": 1}}, {"a": 1, "b": 2}, {"b": 2}),
    ("$unset what is not there", {"$unset": {"a.b.c": 1}}, {"a": 1}, {"a": 1}),
    ("$unset in an object", {"$unset": {"a.b": ""}}, {"a": {"b": 1}}, {"a": {}}),
    ("$unset a place of an array", {"$unset": {"a.0": ""}}, {"a": [1, 2]}, {"a": [None, 2]}),
    ("$unset behind the end of an array", {"$unset": {"a.5": ""}}, {"a": [1]}, {"a": [1]}),
    ("$unset a field of an array", {"$unset": {"a.b": ""}}, {"a": [{"b": 1}]}, {"a": [{"b": 1}]}),
    # arithmetic
    ("$inc", {"$inc": {"a": 2}}, {"a": 1}, {"a": 3}),
    ("$inc down", {"$inc": {"a": -2.5}}, {"a": 1}, {"a": -1.5}),
    ("$inc nothing", {"$inc": {"a.b": 2}}, {}, {"a": {"b": 2}}),
    ("$inc a place of an array", {"$inc": {"a.1": 2}}, {"a": [1, 1]}, {"a": [1, 3]}),
    ("$mul", {"$mul": {"a": 3}}, {"a": 2}, {"a": 6}),
    ("$mul nothing", {"$mul": {"a": 3}}, {}, {"a": 0}),
    ("$min less", {"$min": {"a": 1}}, {"a": 2}, {"a": 1}),
    ("$min more", {"$min": {"a": 3}}, {"a": 2}, {"a": 2}),
    ("$min nothing", {"$min": {"a": 3}}, {}, {"a": 3}),
    ("$min across types", {"$min": {"a": 3}}, {"a": "x"}, {"a": 3}),
    ("$max more", {"$max": {"a": 3}}, {"a": 2}, {"a": 3}),
    ("$max of dates", {"$max": {"a": "2016-02-03T00:00:00Z"}}, {"a": "2016-02-03T00:00:00+01:00"}, {"a": "2016-02-03T00:00:00Z"}),
    ("$max null", {"$max": {"a": 3}}, {"a": None}, {"a": 3}),
    # $rename
    ("$rename", {"$rename": {"a": "b"}}, {"a": 1}, {"b": 1}),
    ("$rename over another", {"$rename": {"a": "b"}}, {"a": 1, "b": 2}, {"b": 1}),
    ("$rename nothing", {"$rename": {"a": "b"}}, {"b": 2}, {"b": 2}),
    ("$rename into an object", {"$rename": {"a": "b.c"}}, {"a": 1}, {"b": {"c": 1}}),
    ("$rename out of an object", {"$rename": {"b.c": "a"}}, {"b": {"c": 1}}, {"b": {}, "a": 1}),
    # $push
    ("$push", {"$push": {"a": 3}}, {"a": [1]}, {"a": [1, 3]}),
    ("$push to nothing", {"$push": {"a.b": 3}}, {}, {"a": {"b": [3]}}),
    ("$push an array", {"$push": {"a": [3]}}, {"a": [1]}, {"a": [1, [3]]}),
    ("$push an object", {"$push": {"a": {"b": 1}}}, {"a": []}, {"a": [{"b": 1}]}),
    ("$push into an array of arrays", {"$push": {"a.0": 3}}, {"a": [[1]]}, {"a": [[1, 3]]}),
    ("$push $each", {"$push": {"a": {"$each": [3, 4]}}}, {"a": [1]}, {"a": [1, 3, 4]}),
    ("$push $each of nothing", {"$push": {"a": {"$each": []}}}, {}, {"a": []}),
    ("$push $position", {"$push": {"a": {"$each": [3, 4], "$position": 1}}}, {"a": [1, 2]}, {"a": [1, 3, 4, 2]}),
    ("$push $position from the end", {"$push": {"a": {"$each": [3, 4], "$position": -1}}}, {"a": [1, 2]}, {"a": [1, 3, 4, 2]}),
    ("$push $position far behind", {"$push": {"a": {"$each": [3], "$position": 99}}}, {"a": [1, 2]}, {"a": [1, 2, 3]}),
    ("$push $position far before", {"$push": {"a": {"$each": [3], "$position": -99}}}, {"a": [1, 2]}, {"a": [3, 1, 2]}),
    ("$push $slice", {"$push": {"a": {"$each": [3], "$slice": 2}}}, {"a": [1, 2]}, {"a": [1, 2]}),
    ("$push $slice from the end", {"$push": {"a": {"$each": [3], "$slice": -2}}}, {"a": [1, 2]}, {"a": [2, 3]}),
    ("$push $slice 0", {"$push": {"a": {"$each": [3], "$slice": 0}}}, {"a": [1, 2]}, {"a": []}),
    ("$push $slice far from the end", {"$push": {"a": {"$each": [3], "$slice": -9}}}, {"a": [1, 2]}, {"a": [1, 2, 3]}),
    ("$push $sort", {"$push": {"a": {"$each": [2], "$sort": 1}}}, {"a": [3, 1]}, {"a": [1, 2, 3]}),
    ("$push $sort of all types", {"$push": {"a": {"$each": [], "$sort": 1}}}, {"a": [True, [0], {"b": 1}, "x", 5, None]}, {"a": [None, 5, "x", {"b": 1}, [0], True]}),
    ("$push $sort down", {"$push": {"a": {"$each": [2], "$sort": -1}}}, {"a": [3, 1]}, {"a": [3, 2, 1]}),
    ("$push $sort by fields", {"$push": {"a": {"$each": [{"b": 1, "c": 2}], "$sort": {"b": -1, "c": 1}}}}, {"a": [{"b": 1, "c": 3}, {"b": 2}, {}]}, {"a": [{"b": 2}, {"b": 1, "c": 2}, {"b": 1, "c": 3}, {}]}),
    ("$push $sort, then $slice", {"$push": {"a": {"$each": [9, 0], "$sort": -1, "$slice": 2}}}, {"a": [3, 1]}, {"a": [9, 3]}),
    ("$pushAll", {"$pushAll": {"a": [3, 4]}}, {"a": [1]}, {"a": [1, 3, 4]}),
    # $addToSet
    ("$addToSet", {"$addToSet": {"a": 3}}, {"a": [1]}, {"a": [1, 3]}),
    ("$addToSet what is there", {"$addToSet": {"a": 1.0}}, {"a": [1]}, {"a": [1]}),
    ("$addToSet true beside 1", {"$addToSet": {"a": True}}, {"a": [1]}, {"a": [1, True]}),
    ("$addToSet to nothing", {"$addToSet": {"a": 1}}, {}, {"a": [1]}),
    ("$addToSet an array", {"$addToSet": {"a": [1, 2]}}, {"a": [1]}, {"a": [1, [1, 2]]}),
    ("$addToSet an object", {"$addToSet": {"a": {"b": 1}}}, {"a": [{"b": 1}]}, {"a": [{"b": 1}]}),
    ("$addToSet $each", {"$addToSet": {"a": {"$each": [1, 2, 2]}}}, {"a": [1]}, {"a": [1, 2]}),
    ("$addToSet leaves duplicates", {"$addToSet": {"a": 2}}, {"a": [1, 1]}, {"a": [1, 1, 2]}),
    # $pop
    ("$pop", {"$pop": {"a": 1}}, {"a": [1, 2]}, {"a": [1]}),
    ("$pop the first", {"$pop": {"a": -1}}, {"a": [1, 2]}, {"a": [2]}),
    ("$pop of an empty array", {"$pop": {"a": 1}}, {"a": []}, {"a": []}),
    ("$pop nothing", {"$pop": {"a": 1}}, {}, {}),
    # $pull
    ("$pull", {"$pull": {"a": 1}}, {"a": [1, 2, 1.0, True]}, {"a": [2, True]}),
    ("$pull null", {"$pull": {"a": None}}, {"a": [1, None]}, {"a": [1]}),
    ("$pull an array", {"$pull": {"a": [1]}}, {"a": [1, [1], [1, 2]]}, {"a": [1, [1, 2]]}),
    ("$pull nothing", {"$pull": {"a": 1}}, {}, {}),
    ("$pull by operators", {"$pull": {"a": {"$gte": 2}}}, {"a": [1, 2, 3, "x"]}, {"a": [1, "x"]}),
    ("$pull $in", {"$pull": {"a": {"$in": [1, "x"]}}}, {"a": [1, 2, "x"]}, {"a": [2]}),
    ("$pull $ne", {"$pull": {"a": {"$ne": 1}}}, {"a": [1, 2, "x"]}, {"a": [1]}),
    ("$pull $regex", {"$pull": {"a": {"$regex": "^x"}}}, {"a": ["xa", "ax", 1]}, {"a": ["ax", 1]}),
    ("$pull by fields", {"$pull": {"a": {"b": 1}}}, {"a": [{"b": 1, "c": 2}, {"b": 2}, 1]}, {"a": [{"b": 2}, 1]}),
    ("$pull by operators on fields", {"$pull": {"a": {"b": {"$gt": 1}, "c": 2}}}, {"a": [{"b": 2, "c": 2}, {"b": 2}]}, {"a": [{"b": 2}]}),
    ("$pull with $or", {"$pull": {"a": {"$or": [{"b": 1}, {"b": 2}]}}}, {"a": [{"b": 2}, {"b": 3}]}, {"a": [{"b": 3}]}),
    ("$pull all objects", {"$pull": {"a": {}}}, {"a": [{"b": 2}, 3]}, {"a": [3]}),
    ("$pull in an object", {"$pull": {"a.b": 1}}, {"a": {"b": [1, 2]}}, {"a": {"b": [2]}}),
    ("$pullAll", {"$pullAll": {"a": [1, "x"]}}, {"a": [1, 2, "x", 1]}, {"a": [2]}),
]  # fmt: skip


@pytest.mark.parametrize(
    ("update", "document", "expected"), [case[1:] for case in CASES], ids=[case[0] for case in CASES]
)
def test_update(update: Any, document: dict[str, Any], expected: dict[str, Any]) -> None:
    before = copy.deepcopy(document)
    parsed = Update.parse(update)
    assert typed(parsed.apply(document)) == typed(expected)
    assert typed(document) == typed(before)
    assert typed(parsed.apply(document)) == typed(expected), "a second time"


def typed(value: Any) -> Any:
    """`value`, in a form in which 1 is not True."""
    match value:
        case dict():
            return {name: typed(inner) for name, inner in value.items()}
        case list():
            return [typed(element) for element in value]
        case _:
            return isinstance(value, bool), value


def test_what_is_stored_is_not_shared_with_the_update() -> None:
    update = Update.parse({"$set": {"a": {"b": []}}, "$push": {"c": {"d": []}}, "$addToSet": {"e": [1]}})
    first, second = update.apply({}), update.apply({})
    for inner in (first["a"]["b"], first["c"][0]["d"], first["e"][0]):
        inner.append(1)
    assert second == {"a": {"b": []}, "c": [{"d": []}], "e": [[1]]}


def test_paths_name_everything_that_is_written() -> None:
    update = Update.parse({"$set": {"a.b": 1, "_id": 2}, "$rename": {"c": "d"}})
    assert sorted(map(str, update.paths)) == ["Id", "a.b", "c", "d"]
