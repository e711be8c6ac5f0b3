"""What each filter finds: the contract. MongoDB's rules, and the forms that Everlive's clients send."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runtime.query.filter import Filter
from tests.query import generated

# name, filter, documents that it finds, documents that it does not find
CASES: list[tuple[str, Any, list[Any], list[Any]]] = [
    ("nothing asked", {}, [{}, {"a": 1}], []),
    ("null is no filter", None, [{}, {"a": 1}], []),
    ("equal", {"a": 1}, [{"a": 1}, {"a": 1.0}, {"a": [2, 1]}], [{"a": True}, {"a": "1"}, {"a": 2}, {}, {"a": {"b": 1}}]),
    ("$eq", {"a": {"$eq": "Joe"}}, [{"a": "Joe"}, {"a": ["Joe"]}], [{"a": "joe"}, {}]),
    ("a boolean is no number", {"a": True}, [{"a": True}], [{"a": 1}]),
    ("two fields", {"a": 1, "b": 2}, [{"a": 1, "b": 2}], [{"a": 1}, {"b": 2}]),
    ("equal null", {"a": None}, [{"a": None}, {}, {"a": [1, None]}], [{"a": 0}, {"a": ""}, {"a": False}, {"a": []}]),
    ("equal array", {"a": [1, 2]}, [{"a": [1, 2]}, {"a": [[1, 2]]}, {"a": [0, [1, 2.0]]}], [{"a": [2, 1]}, {"a": [1, 2, 3]}, {"a": 1}]),
    ("equal empty array", {"a": []}, [{"a": []}, {"a": [[]]}], [{}, {"a": None}, {"a": [1]}]),
    ("equal object", {"a": {"b": 1}}, [{"a": {"b": 1}}, {"a": [{"b": 1}]}], [{"a": {"b": 1, "c": 2}}, {"a": {"b": 2}}, {}]),
    ("objects equal in any order of fields", {"a": {"b": 1, "c": 2}}, [{"a": {"c": 2, "b": 1}}], [{"a": {"b": 2, "c": 1}}]),
    ("equal empty object", {"a": {}}, [{"a": {}}], [{}, {"a": None}, {"a": []}]),
    ("_id is Id", {"_id": "x"}, [{"Id": "x"}], [{"_id": "x"}, {}]),
    ("Id", {"Id": {"$in": ["x", "y"]}}, [{"Id": "y"}], [{"Id": "z"}]),
    ("_id inside is a field of its own", {"a._id": 1}, [{"a": {"_id": 1}}], [{"a": {"Id": 1}}]),
    # dates
    ("a date as text", {"at": "2016-02-03T04:05:06.789Z"}, [{"at": "2016-02-03T04:05:06.789Z"}], [{"at": "2016-02-03T04:05:06.788Z"}]),
    ("a date in another zone", {"at": "2016-02-03T06:05:06.789+02:00"}, [{"at": "2016-02-03T04:05:06.789Z"}], [{"at": "2016-02-03T06:05:06.789Z"}]),
    ("a date without fraction", {"at": "2016-02-03T04:05:06Z"}, [{"at": "2016-02-03T04:05:06.000Z"}], [{"at": "2016-02-03T04:05:06.001Z"}]),
    ("a date is later", {"at": {"$gt": "2016-02-03T04:05:06Z"}}, [{"at": "2016-02-03T04:05:06.001Z"}, {"at": "2016-02-03T00:05:07-04:00"}], [{"at": "2016-02-03T05:05:06+01:00"}, {"at": "zzz"}, {"at": 9e99}]),
    ("a text is not compared with a date", {"at": {"$gt": "2016"}}, [{"at": "2017"}], [{"at": "2017-02-03T04:05:06.789Z"}]),
    ("no date on the calendar is a text", {"at": {"$lt": "2016-02-31T00:00:00Z"}}, [{"at": "2015"}], [{"at": "2015-01-01T00:00:00Z"}]),
    ("a date by a part of its text", {"at": {"$regex": "^2016-02"}}, [{"at": "2016-02-03T04:05:06.789Z"}], [{"at": "2016-03-03T04:05:06.789Z"}]),
    # comparison
    ("$ne", {"a": {"$ne": 1}}, [{}, {"a": 2}, {"a": "1"}, {"a": [2]}], [{"a": 1}, {"a": [1, 2]}, {"a": 1.0}]),
    ("$ne null", {"a": {"$ne": None}}, [{"a": 0}, {"a": []}], [{}, {"a": None}, {"a": [None]}]),
    ("$gt", {"a": {"$gt": 5}}, [{"a": 6}, {"a": 5.5}, {"a": [1, 9]}], [{"a": 5}, {"a": "9"}, {"a": None}, {}, {"a": True}, {"a": []}]),
    ("$gte", {"a": {"$gte": 5}}, [{"a": 5}, {"a": 5.0}, {"a": 6}], [{"a": 4}, {"a": "5"}]),
    ("$lt", {"a": {"$lt": 5}}, [{"a": 4}, {"a": -1e300}, {"a": [9, 1]}], [{"a": 5}, {"a": None}, {}, {"a": ""}]),
    ("$lte", {"a": {"$lte": 5}}, [{"a": 5}], [{"a": 6}, {}]),
    ("two bounds by one element each", {"a": {"$gt": 5, "$lt": 3}}, [{"a": [1, 9]}], [{"a": [4]}, {"a": 4}]),
    ("texts by code point", {"a": {"$gt": "B"}}, [{"a": "a"}, {"a": "é"}], [{"a": "A"}, {"a": "B"}, {"a": 1}]),
    ("booleans", {"a": {"$gt": False}}, [{"a": True}], [{"a": False}, {"a": 1}]),
    ("$gte null", {"a": {"$gte": None}}, [{"a": None}, {}], [{"a": 0}, {"a": ""}]),
    ("$lte null", {"a": {"$lte": None}}, [{"a": None}, {}], [{"a": 0}]),
    ("$gt null", {"a": {"$gt": None}}, [], [{"a": None}, {}, {"a": 1}]),
    ("$gt array", {"a": {"$gt": [1, 2]}}, [{"a": [1, 3]}, {"a": [2]}, {"a": [1, 2, 0]}, {"a": [[1, 3]]}], [{"a": [1, 2]}, {"a": [1]}, {"a": 5}]),
    ("$gt object", {"a": {"$gt": {"b": 1}}}, [{"a": {"b": 2}}, {"a": {"c": 0}}, {"a": {"b": 1, "c": 1}}], [{"a": {"b": 1}}, {"a": {}}, {"a": 5}]),
    ("whole numbers beyond a double", {"a": {"$gt": 9007199254740992}}, [{"a": 9007199254740993}], [{"a": 9007199254740992}]),
    ("$in", {"a": {"$in": [1, "x", None]}}, [{"a": 1}, {"a": "x"}, {"a": None}, {}, {"a": [5, "x"]}], [{"a": True}, {"a": 2}, {"a": []}]),
    ("$in nothing", {"a": {"$in": []}}, [], [{}, {"a": 1}, {"a": []}]),
    ("$in an array", {"a": {"$in": [[1, 2], 3]}}, [{"a": [1, 2]}, {"a": [3]}, {"a": [[1, 2]]}], [{"a": [1]}]),
    ("$nin", {"a": {"$nin": [1, 2]}}, [{"a": 3}, {}, {"a": []}, {"a": True}], [{"a": 1}, {"a": [5, 2]}]),
    ("$nin null", {"a": {"$nin": [None]}}, [{"a": 1}], [{}, {"a": None}]),
    ("operator and text of a field", {"a": {"$gt": 1, "$ne": 5}}, [{"a": 2}], [{"a": 5}, {"a": 1}]),
    # logic
    ("$and", {"$and": [{"a": 1}, {"b": 2}]}, [{"a": 1, "b": 2}], [{"a": 1}]),
    ("$or", {"$or": [{"a": 1}, {"b": 2}]}, [{"a": 1}, {"b": 2}], [{"a": 2}, {}]),
    ("$or beside a field", {"c": 3, "$or": [{"a": 1}, {"b": 2}]}, [{"a": 1, "c": 3}], [{"a": 1}, {"c": 3}]),
    ("$nor", {"$nor": [{"a": 1}, {"b": 2}]}, [{}, {"a": 2}], [{"a": 1}, {"b": 2}]),
    ("$not", {"a": {"$not": {"$gt": 5}}}, [{"a": 5}, {}, {"a": "9"}, {"a": [1]}], [{"a": 6}, {"a": [1, 6]}]),
    ("$not of two", {"a": {"$not": {"$gt": 1, "$lt": 5}}}, [{"a": 1}, {"a": 5}, {}], [{"a": 3}, {"a": [0, 9]}]),
    ("$not of a pattern", {"a": {"$not": {"$regex": "^x"}}}, [{"a": "y"}, {}, {"a": 1}], [{"a": "xy"}]),
    ("$not of $not", {"a": {"$not": {"$not": {"$gt": 5}}}}, [{"a": 6}], [{"a": 5}, {}]),
    ("$not of $exists", {"a": {"$not": {"$exists": True}}}, [{}], [{"a": None}]),
    ("$not at the top", {"$not": {"a": 1, "b": 2}}, [{"a": 1}, {}, {"b": 2}], [{"a": 1, "b": 2}]),
    ("$or in $and in $or", {"$or": [{"$and": [{"a": 1}, {"$or": [{"b": 1}, {"b": 2}]}]}, {"c": 1}]}, [{"a": 1, "b": 2}, {"c": 1}], [{"a": 1}, {"b": 1}]),
    ("an empty filter in $or", {"$or": [{"a": 1}, {}]}, [{}, {"b": 1}], []),
    # element
    ("$exists", {"a": {"$exists": True}}, [{"a": None}, {"a": 0}, {"a": []}], [{}, {"b": 1}]),
    ("$exists false", {"a": {"$exists": False}}, [{}], [{"a": None}, {"a": []}]),
    ("$exists as a number", {"a": {"$exists": 1}}, [{"a": None}], [{}]),
    ("$exists 0", {"a": {"$exists": 0}}, [{}], [{"a": None}]),
    ("$exists inside an array", {"a.b": {"$exists": True}}, [{"a": [{"b": 1}, {}]}, {"a": {"b": None}}], [{"a": [{}]}, {"a": []}, {"a": [1]}, {"a": 1}]),
    ("$exists false inside an array", {"a.b": {"$exists": False}}, [{"a": [{}]}, {"a": []}, {"a": 1}], [{"a": [{}, {"b": 1}]}]),
    ("$type string", {"a": {"$type": "string"}}, [{"a": ""}, {"a": [1, "x"]}], [{"a": 1}, {}, {"a": "2016-02-03T04:05:06.789Z"}]),
    ("$type 2", {"a": {"$type": 2}}, [{"a": "x"}], [{"a": None}]),
    ("$type date", {"a": {"$type": "date"}}, [{"a": "2016-02-03T04:05:06.789Z"}], [{"a": "2016-02-03"}]),
    ("$type number", {"a": {"$type": "number"}}, [{"a": 1}, {"a": 1.5}, {"a": 2**40}], [{"a": True}, {"a": "1"}]),
    ("$type int", {"a": {"$type": "int"}}, [{"a": 1}, {"a": 2.0}, {"a": -(2**31)}], [{"a": 1.5}, {"a": 2**31}]),
    ("$type long", {"a": {"$type": 18}}, [{"a": 2**31}], [{"a": 1}, {"a": 0.5}]),
    ("$type double", {"a": {"$type": 1}}, [{"a": 1.5}], [{"a": 1}]),
    ("$type bool", {"a": {"$type": "bool"}}, [{"a": False}], [{"a": 0}]),
    ("$type null", {"a": {"$type": "null"}}, [{"a": None}], [{}]),
    ("$type object", {"a": {"$type": 3}}, [{"a": {}}, {"a": [{}]}], [{"a": []}, {"a": 1}]),
    ("$type array", {"a": {"$type": "array"}}, [{"a": []}, {"a": [1]}], [{"a": {}}, {}]),
    ("$type of several", {"a": {"$type": ["string", 10]}}, [{"a": "x"}, {"a": None}], [{"a": 1}, {}]),
    ("$type that JSON does not have", {"a": {"$type": "binData"}}, [], [{"a": "x"}]),
    # evaluation
    ("$mod", {"a": {"$mod": [4, 1]}}, [{"a": 5}, {"a": 5.9}, {"a": [2, 1]}], [{"a": 4}, {"a": "5"}, {}, {"a": True}, {"a": -3}]),
    ("$mod of a negative number", {"a": {"$mod": [4, -3]}}, [{"a": -3}, {"a": -7.5}], [{"a": 3}, {"a": 1}]),
    ("$mod with fractions", {"a": {"$mod": [4.9, 1.9]}}, [{"a": 5}], [{"a": 4}]),
    ("$regex", {"a": {"$regex": "b.d"}}, [{"a": "abcde"}, {"a": ["x", "bad"]}], [{"a": "bd"}, {"a": 1}, {}, {"a": "BAD"}]),
    ("$regex with empty $options", {"a": {"$regex": "^ab", "$options": ""}}, [{"a": "abc"}], [{"a": "xab"}, {"a": "ABC"}]),
    ("$options i", {"a": {"$regex": "^ab", "$options": "i"}}, [{"a": "ABc"}], [{"a": "xab"}]),
    ("$options before $regex", {"a": {"$options": "i", "$regex": "É"}}, [{"a": "é"}], [{"a": "e"}]),
    ("$options g and i", {"a": {"$regex": "ab", "$options": "gi"}}, [{"a": "xABx"}], [{"a": "a"}]),
    ("$options g", {"a": {"$regex": "ab", "$options": "g"}}, [{"a": "ab"}], [{"a": "AB"}]),
    ("no $options m", {"a": {"$regex": "^b$"}}, [{"a": "b"}], [{"a": "a\nb\nc"}]),
    ("$options m", {"a": {"$regex": "^b$", "$options": "m"}}, [{"a": "a\nb\nc"}], [{"a": "ab"}]),
    ("$options s", {"a": {"$regex": "a.b", "$options": "s"}}, [{"a": "a\nb"}], [{"a": "ab"}]),
    ("no $options s", {"a": {"$regex": "a.b"}}, [{"a": "a b"}], [{"a": "a\nb"}]),
    ("$options x", {"a": {"$regex": "a b # not this\n[ ]\\ c", "$options": "x"}}, [{"a": "ab  c"}], [{"a": "a b  c"}]),
    ("contains, of the grid", {"a": {"$regex": ".*xy.*", "$options": "i"}}, [{"a": "aXYb"}], [{"a": "x y"}]),
    ("$regex beside another operator", {"a": {"$regex": "^a", "$ne": "ab"}}, [{"a": "ac"}], [{"a": "ab"}]),
    ("$regex with words", {"a": {"$regex": "\\bcat\\b"}}, [{"a": "a cat."}], [{"a": "concat"}]),
    ("$regex in half a surrogate pair", {"a": {"$regex": "b$"}}, [{"a": "\ud800b"}], [{"a": "\ud800"}]),
    # arrays
    ("$all", {"a": {"$all": [1, 2]}}, [{"a": [2, 1]}, {"a": [1, 2, 3]}], [{"a": [1]}, {"a": 1}, {}]),
    ("$all of one value", {"a": {"$all": [1]}}, [{"a": [1, 2]}, {"a": 1}], [{"a": [2]}]),
    ("$all of values that are equal", {"a": {"$all": [1, 1.0, 1]}}, [{"a": [2, 1]}, {"a": 1}], [{"a": [2]}, {}]),
    ("$all of one value twice and another", {"a": {"$all": [1, 1, 2]}}, [{"a": [2, 1]}], [{"a": [1, 1]}, {"a": 1}]),
    ("$all of null and a value", {"a": {"$all": [None, 1]}}, [{"a": [None, 1]}], [{"a": [1]}, {"a": 1}, {}, {"a": [None]}]),
    ("$all of values, elsewhere missing", {"a.b": {"$all": [None, 1]}}, [{"a": [{"b": 1}, {}]}, {"a": [{"b": 1}, {"b": None}]}], [{"a": [{"b": 1}]}, {"a": []}]),
    ("$all in several objects", {"a.b": {"$all": [1, 2]}}, [{"a": [{"b": 1}, {"b": 2}]}, {"a": [{"b": [1, 2]}]}, {"a": {"b": [2, 1]}}], [{"a": [{"b": 1}]}, {"a": {"b": 1}}]),
    ("$all of an array and its elements", {"a": {"$all": [1, [1, 2], 2]}}, [{"a": [1, 2]}, {"a": [[1, 2], 2, 1]}], [{"a": [[1, 2]]}, {"a": [1, 2, 3]}, {"a": [2, 1]}]),
    ("$all of arrays", {"a": {"$all": [[], [1]]}}, [{"a": [[1], []]}], [{"a": []}, {"a": [1]}, {"a": [[1]]}]),
    ("$all of objects", {"a": {"$all": [{"b": 1, "c": 2}, {}]}}, [{"a": [{}, {"c": 2, "b": 1.0}]}], [{"a": [{"b": 1, "c": 2}]}, {"a": [{}]}]),
    ("$all of types", {"a": {"$all": [1, "1", True]}}, [{"a": [True, "1", 1]}], [{"a": [1, "1"]}, {"a": [True, True, "1"]}]),
    ("$all of dates", {"a": {"$all": ["2016-02-03T04:05:06Z", 1]}}, [{"a": [1, "2016-02-03T05:05:06+01:00"]}], [{"a": [1, "2016-02-03T04:05:07Z"]}]),
    ("$all of $elemMatch and a value", {"a": {"$all": [{"$elemMatch": {"$gt": 3}}, 1, 2]}}, [{"a": [1, 2, 4]}], [{"a": [1, 2]}, {"a": [1, 4]}, {"a": [2, 4]}]),
    ("$all beside another operator", {"a": {"$all": [1, 2], "$size": 2}}, [{"a": [2, 1]}], [{"a": [1, 2, 3]}, {"a": [1, 3]}]),
    ("$not of $all", {"a": {"$not": {"$all": [1, 2]}}}, [{"a": [1]}, {}], [{"a": [1, 2]}]),
    ("$all of an element", {"a": {"$elemMatch": {"b": {"$all": [1, 2]}}}}, [{"a": [{"b": [1, 2]}]}], [{"a": [{"b": 1}, {"b": 2}]}]),
    ("$all of nothing", {"a": {"$all": []}}, [], [{"a": []}, {}, {"a": [1]}]),
    ("$all of an array", {"a": {"$all": [[1, 2]]}}, [{"a": [1, 2]}, {"a": [[1, 2]]}], [{"a": [1]}]),
    ("$all null", {"a": {"$all": [None]}}, [{}, {"a": None}, {"a": [None]}], [{"a": 1}]),
    ("$all of $elemMatch", {"a": {"$all": [{"$elemMatch": {"b": 1}}, {"$elemMatch": {"b": 2}}]}}, [{"a": [{"b": 1}, {"b": 2}]}], [{"a": [{"b": 1}]}]),
    ("$size", {"a": {"$size": 2}}, [{"a": [1, 2]}], [{"a": [1]}, {"a": "ab"}, {}, {"a": [[1, 2]]}]),
    ("$size 0", {"a": {"$size": 0}}, [{"a": []}], [{}, {"a": None}, {"a": [[]]}]),
    ("$size 2.0", {"a": {"$size": 2.0}}, [{"a": [1, 2]}], [{"a": []}]),
    ("$size inside an array", {"a.b": {"$size": 1}}, [{"a": [{"b": []}, {"b": [1]}]}], [{"a": [{"b": []}]}, {"a": [1]}]),
    ("$elemMatch of values", {"a": {"$elemMatch": {"$gt": 5, "$lt": 9}}}, [{"a": [1, 7]}], [{"a": [1, 9]}, {"a": 7}, {}, {"a": [[7]]}]),
    ("$elemMatch of fields", {"a": {"$elemMatch": {"b": 1, "c": 2}}}, [{"a": [{}, {"b": 1, "c": 2}]}], [{"a": [{"b": 1}, {"c": 2}]}, {"a": {"b": 1, "c": 2}}]),
    ("$elemMatch with $or", {"a": {"$elemMatch": {"$or": [{"b": 1}, {"c": 1}]}}}, [{"a": [{"c": 1}]}], [{"a": [{"d": 1}]}, {"a": [1]}]),
    ("$elemMatch $ne", {"a": {"$elemMatch": {"$ne": 1}}}, [{"a": [1, 2]}], [{"a": [1]}, {"a": []}, {}]),
    ("$elemMatch $not", {"a": {"$elemMatch": {"$not": {"$gt": 1}}}}, [{"a": [1, 2]}, {"a": ["x"]}], [{"a": [2, 3]}]),
    ("$elemMatch of anything", {"a": {"$elemMatch": {}}}, [{"a": [{}]}, {"a": [{"b": 1}]}], [{"a": [1]}, {"a": []}]),
    ("$elemMatch null", {"a": {"$elemMatch": {"b": None}}}, [{"a": [{}]}, {"a": [{"b": None}]}], [{"a": [{"b": 1}]}, {"a": [1]}]),
    ("$elemMatch in arrays in arrays", {"a": {"$elemMatch": {"$elemMatch": {"$gt": 1}}}}, [{"a": [[0], [2]]}], [{"a": [2]}, {"a": [[1]]}]),
    ("$elemMatch by place", {"a": {"$elemMatch": {"0": 1}}}, [{"a": [[1, 2]]}], [{"a": [[2, 1]]}]),
    ("$not $elemMatch", {"a": {"$not": {"$elemMatch": {"b": 1}}}}, [{}, {"a": 1}, {"a": [{"b": 2}]}], [{"a": [{"b": 1}]}]),
    # paths
    ("inside an object", {"a.b": 1}, [{"a": {"b": 1}}, {"a": {"b": [1]}}], [{"a": {"c": 1}}, {"a": 1}, {"a.b": 1}]),
    ("inside objects of an array", {"a.b": 1}, [{"a": [{"b": 2}, {"b": 1}]}], [{"a": [{"b": 2}]}, {"a": [1]}]),
    ("deep", {"a.b.c": 1}, [{"a": {"b": {"c": 1}}}, {"a": [{"b": [{"c": 1}]}]}], [{"a": {"b": 1}}]),
    ("no look into arrays of arrays", {"a.b": 1}, [], [{"a": [[{"b": 1}]]}]),
    ("a value in an array of arrays", {"a": 1}, [{"a": [1]}], [{"a": [[1]]}]),
    ("a place in an array", {"a.1": 5}, [{"a": [4, 5]}, {"a": {"1": 5}}], [{"a": [5, 4]}, {"a": [5]}]),
    ("a place, then a field", {"a.0.b": 1}, [{"a": [{"b": 1}]}], [{"a": [{"b": 2}, {"b": 1}]}]),
    ("a place with an array in it, itself", {"a.0": [1, 2]}, [{"a": [[1, 2]]}], [{"a": [1, 2]}]),
    ("a place in a place", {"a.0.1": 2}, [{"a": [[1, 2]]}], [{"a": [[2, 1]]}]),
    ("a place that counts from 1 with 0 before is a name", {"a.01": 5}, [{"a": {"01": 5}}, {"a": [{"01": 5}]}], [{"a": [4, 5]}]),
    ("nothing there is null", {"a.b": None}, [{}, {"a": None}, {"a": 4}, {"a": {}}, {"a": {"b": None}}, {"a": [{"b": 1}, {}]}], [{"a": {"b": 1}}, {"a": [{"b": 1}]}]),
    ("no objects in the array is not null", {"a.b": None}, [], [{"a": []}, {"a": [1]}, {"a": [[]]}]),
    ("$ne inside an array is of all", {"a.b": {"$ne": 1}}, [{"a": [{"b": 2}]}, {"a": []}, {}], [{"a": [{"b": 2}, {"b": 1}]}]),
    ("bounds on objects of an array", {"a.b": {"$gt": 1, "$lt": 3}}, [{"a": [{"b": 0}, {"b": 9}]}, {"a": [{"b": 2}]}], [{"a": [{"b": 9}]}]),
    ("the conflict check of the offline client", {"Id": "x", "ModifiedAt": "2016-02-03T04:05:06.789Z"}, [{"Id": "x", "ModifiedAt": "2016-02-03T04:05:06.789Z"}], [{"Id": "x", "ModifiedAt": "2016-02-03T04:05:07.000Z"}]),
]  # fmt: skip

ROWS = [
    pytest.param(query, document, expected, id=f"{name}, {'finds' if expected else 'not'} {document}")
    for name, query, found, not_found in CASES
    for expected, documents in ((True, found), (False, not_found))
    for document in documents
]  # fmt: skip


@given(path=generated.PATHS, operands=st.lists(generated.VALUES, min_size=1, max_size=4), document=generated.DOCUMENTS)
def test_all_is_each(path: str, operands: list[Any], document: dict[str, Any]) -> None:
    each = Filter.parse({"$and": [{path: {"$eq": operand}} for operand in operands]})
    assert Filter.parse({path: {"$all": operands}}).matches(document) == each.matches(document)


@pytest.mark.parametrize(("query", "document", "expected"), ROWS)
def test_filter(query: Any, document: dict[str, Any], expected: bool) -> None:
    assert Filter.parse(query).matches(document) is expected
