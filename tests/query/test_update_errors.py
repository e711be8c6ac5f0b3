"""What cannot be done to a document: 601 with the place and the problem."""

from typing import Any

import pytest

from runtime.errors import ReliveError
from runtime.query.update import Update

MANY = "More than 500 conditions; to ask for many values of a field, use $in or $all."

UNREADABLE: list[tuple[Any, str]] = [
    ([], "An update must be an object, not an array."),
    (None, "An update must be an object, not null."),
    ({"$foo": {"a": 1}}, "$foo: unknown update operator."),
    ({"$set": {"a": 1}, "b": 2}, "b: a field among update operators; put it into $set."),
    ({"$set": 5}, '$set: must be an object of fields, such as {"Likes": ...}, not a number.'),
    ({"$set": {"a": {"$inc": 1}}}, "$set.a.$inc: no operator may stand here; and no stored name may start with $."),
    ({"a": [{"$inc": 1}]}, "a.0.$inc: no operator may stand here; and no stored name may start with $."),
    ({"$set": {"a": float("inf")}}, "$set.a: the number is too large."),
    ({"$set": {"a.$.b": 1}}, "$set.a.$.b: no field has the name $, and positional operators are not supported."),
    ({"$set": {"a.$[].b": 1}}, "$set.a.$[].b: no field has the name $[], and positional operators are not supported."),
    ({"$set": {"a.": 1}}, "$set.a.: the path has an empty name."),
    ({"$set": {"a": [10**400]}}, "$set.a.0: the number is too large."),
    ({"$inc": {"a": 10**400}}, "$inc.a: the number is too large."),
    ({"$inc": {"a": "1"}}, "$inc.a: must be a number, not a text."),
    ({"$inc": {"a": True}}, "$inc.a: must be a number, not a boolean."),
    ({"$mul": {"a": None}}, "$mul.a: must be a number, not null."),
    ({"$pop": {"a": 2}}, "$pop.a: must be 1 for the last element or -1 for the first."),
    ({"$pop": {"a": True}}, "$pop.a: must be 1 for the last element or -1 for the first."),
    ({"$push": {"a": {"$slice": 1}}}, "$push.a: needs $each beside its modifiers."),
    ({"$push": {"a": {"$each": 1}}}, "$push.a.$each: must be an array, not a number."),
    ({"$push": {"a": {"$each": [], "b": 1}}}, "$push.a.b: unknown modifier; there are $each, $position, $slice and $sort."),
    ({"$push": {"a": {"$each": [], "$slice": 1.5}}}, "$push.a.$slice: must be a whole number."),
    ({"$push": {"a": {"$each": [], "$position": "0"}}}, "$push.a.$position: must be a whole number."),
    ({"$push": {"a": {"$each": [], "$sort": 2}}}, "$push.a.$sort: must be 1 or -1."),
    ({"$push": {"a": {"$each": [], "$sort": {"b": 0}}}}, "$push.a.$sort.b: must be 1 or -1."),
    ({"$push": {"a": {"$each": [], "$sort": {}}}}, "$push.a.$sort: must not be empty."),
    ({"$addToSet": {"a": {"$each": [], "$slice": 1}}}, "$addToSet.a.$slice: unknown modifier; there is only $each."),
    ({"$pullAll": {"a": 1}}, "$pullAll.a: must be an array, not a number."),
    ({"$pull": {"a": {"$foo": 1}}}, "$pull.a.$foo: unknown operator."),
    ({"$pull": {"a": {"b": {"$foo": 1}}}}, "$pull.a.b.$foo: unknown operator."),
    ({"$pull": {"a": {"$or": [{"b": n} for n in range(501)]}}}, MANY),
    ({"$pull": {f"a{n}": {"b": 1, "c": 1} for n in range(251)}}, MANY),
    ({"$pull": {"a": {"$or": [{"b": {"$regex": "(x{1,20}){20}"}}] * 40}}}, "The patterns are too large together; use fewer or smaller ones."),
    ({"$push": {"a": {"$each": [], "$sort": {f"b{n}": 1 for n in range(33)}}}}, "$push.a.$sort: has 33 fields, and may have 32."),
    ({"$rename": {"a": 1}}, "$rename.a: the new name must be a text, not a number."),
    ({"$rename": {"a": ""}}, "$rename.a: the path has an empty name."),
    ({"$rename": {"a": "a"}}, "$rename.a: cannot be renamed to a: one of the two is the other, or inside it."),
    ({"$rename": {"a": "a.b"}}, "$rename.a: cannot be renamed to a.b: one of the two is the other, or inside it."),
    ({"$set": {"a": 1}, "$inc": {"a": 1}}, "a: conflicts with another change of the same, in one update."),
    ({"$set": {"a.b": 1, "a": 1, "a-c": 2}}, "a: conflicts with another change of a.b, which is inside it, in one update."),
    ({"$set": {"b": 1}, "$rename": {"a": "b"}}, "b: conflicts with another change of the same, in one update."),
    ({"$set": {"_id": 1, "Id": 1}}, "Id: conflicts with another change of the same, in one update."),
]  # fmt: skip

IMPOSSIBLE: list[tuple[Any, Any, str]] = [
    ({"a.b": 1}, {"a": 5}, "a.b: cannot create b in a, which is a number, not an object."),
    ({"$set": {"a.b": 1}}, {"a": None}, "$set.a.b: cannot create b in a, which is null, not an object."),
    ({"$set": {"a.b.c": 1}}, {"a": {"b": "x"}}, "$set.a.b.c: cannot create c in a.b, which is a text, not an object."),
    ({"$set": {"a.b": 1}}, {"a": [{}]}, "$set.a.b: cannot create b in a, which is an array and has only numbered places."),
    ({"$set": {"a.5000": 1}}, {"a": []}, "$set.a.5000: 5000 is more than 1000 places behind the end of the array a."),
    ({"$inc": {"a": 1}}, {"a": "x"}, '$inc.a: a holds a text ("x"), not a number.'),
    ({"$inc": {"a": 1}}, {"a": None}, "$inc.a: a holds null (null), not a number."),
    ({"$inc": {"a": 1}}, {"a": True}, "$inc.a: a holds a boolean (true), not a number."),
    ({"$inc": {"a": 1}}, {"a": [1]}, "$inc.a: a holds an array ([1]), not a number."),
    ({"$mul": {"a": 1e300}}, {"a": 1e300}, "$mul.a: the result of 1e+300 and 1e+300 is too large."),
    ({"$mul": {"a": 10**200}}, {"a": 10**200}, f"$mul.a: the result of 1{'0' * 76}... and 1{'0' * 76}... is too large."),
    ({"$push": {"a": 1}}, {"a": 5}, "$push.a: a holds a number (5), not an array."),
    ({"$push": {"a": 1}}, {"a": None}, "$push.a: a holds null (null), not an array."),
    ({"$addToSet": {"a": 1}}, {"a": {"b": 1}}, '$addToSet.a: a holds an object ({"b": 1}), not an array.'),
    ({"$pop": {"a": 1}}, {"a": "x"}, '$pop.a: a holds a text ("x"), not an array.'),
    ({"$pull": {"a": 1}}, {"a": "x" * 90}, f'$pull.a: a holds a text ("{"x" * 76}...), not an array.'),
    ({"$rename": {"a.b": "c"}}, {"a": [{"b": 1}]}, "$rename.a.b: a.b is inside an array, where nothing can be renamed."),
    ({"$rename": {"c": "a.0"}}, {"a": [1], "c": 1}, "$rename.c: a.0 is inside an array, where nothing can be renamed."),
]  # fmt: skip


@pytest.mark.parametrize(("update", "problem"), UNREADABLE, ids=[case[1][:60] for case in UNREADABLE])
def test_updates_that_are_none(update: Any, problem: str) -> None:
    with pytest.raises(ReliveError) as caught:
        Update.parse(update)
    assert (caught.value.code, caught.value.message) == (601, f"Invalid request. {problem}")


@pytest.mark.parametrize(("update", "document", "problem"), IMPOSSIBLE, ids=[case[2][:60] for case in IMPOSSIBLE])
def test_updates_that_the_document_does_not_allow(update: Any, document: dict[str, Any], problem: str) -> None:
    with pytest.raises(ReliveError) as caught:
        Update.parse(update).apply(document)
    assert (caught.value.code, caught.value.message) == (601, f"Invalid request. {problem}")
