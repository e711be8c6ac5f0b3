"""What is no filter: 608 with the place and the problem."""

from typing import Any

import pytest

from runtime.errors import ReliveError
from runtime.query.filter import Filter


def nested(depth: int) -> Any:
    return {"a": nested(depth - 1)} if depth else {}


MANY = "More than 500 conditions; to ask for many values of a field, use $in or $all."

CASES: list[tuple[Any, str]] = [
    ([], "A filter must be an object, not an array."),
    ("x", "A filter must be an object, not a text."),
    (True, "A filter must be an object, not a boolean."),
    ({"Likes": {"$gtt": 5}}, "Likes.$gtt: unknown operator."),
    ({"$foo": 5}, "$foo: unknown operator."),
    ({"$gt": 5}, "$gt: stands inside a field."),
    ({"a": {"$or": [{"b": 1}]}}, "a.$or: stands beside fields, not inside one."),
    ({"$where": "this.a"}, "$where: scripts in filters are not supported."),
    ({"At": {"$nearSphere": {}}}, "At.$nearSphere: geospatial operators are not supported."),
    ({"a": {"$gt": 1, "b": 2}}, "a.b: a field among operators; to compare with an object, use $eq."),
    ({"a": {"b": 2, "$gt": 1}}, "a.b: a field among operators; to compare with an object, use $eq."),
    ({"a": {"b": {"$gt": 1}}}, "a.b.$gt: no operator may stand here; use a dotted path to look into objects."),
    ({"a": {"$in": [{"$regex": "x"}]}}, "a.$in.0.$regex: no operator may stand here; use a dotted path to look into objects."),
    ({"a": {"$in": 5}}, "a.$in: must be an array, not a number."),
    ({"a": {"$nin": None}}, "a.$nin: must be an array, not null."),
    ({"a": {"$all": {}}}, "a.$all: must be an array, not an object."),
    ({"$and": []}, "$and: must not be empty."),
    ({"$or": {"a": 1}}, "$or: must be an array, not an object."),
    ({"$or": [{"a": 1}, 5]}, "$or.1: a filter must be an object, not a number."),
    ({"$or": [{"a": 1}, {"b": {"$x": 1}}]}, "$or.1.b.$x: unknown operator."),
    ({"$not": 5}, "$not: a filter must be an object, not a number."),
    ({"a": {"$not": 5}}, 'a.$not: must be an object with operators, such as {"$gt": 5}.'),
    ({"a": {"$not": {}}}, 'a.$not: must be an object with operators, such as {"$gt": 5}.'),
    ({"a": {"$not": {"b": 1}}}, "a.$not.b: a field among operators; to compare with an object, use $eq."),
    ({"a": {"$size": -1}}, "a.$size: must be a whole number, 0 or more."),
    ({"a": {"$size": 1.5}}, "a.$size: must be a whole number, 0 or more."),
    ({"a": {"$size": True}}, "a.$size: must be a whole number, 0 or more."),
    ({"a": {"$exists": "false"}}, "a.$exists: must be true or false."),
    ({"a": {"$type": "text"}}, "a.$type: 'text' is not a type; use a name such as string, number, array, or its number."),
    ({"a": {"$type": 99}}, "a.$type: 99 is not a type; use a name such as string, number, array, or its number."),
    ({"a": {"$type": []}}, "a.$type: must not be empty."),
    ({"a": {"$mod": [4]}}, "a.$mod: must be an array of two numbers, [divisor, remainder]."),
    ({"a": {"$mod": [0.5, 1]}}, "a.$mod: the divisor must not be 0."),
    ({"a": {"$elemMatch": 5}}, "a.$elemMatch: must be an object, not a number."),
    ({"a": {"$elemMatch": {"$gtt": 5}}}, "a.$elemMatch.$gtt: unknown operator."),
    ({"a": {"$elemMatch": {"b": {"$gtt": 5}}}}, "a.$elemMatch.b.$gtt: unknown operator."),
    ({"a": {"$regex": 5}}, "a.$regex: must be a text."),
    ({"a": {"$regex": "a", "$options": 1}}, "a.$options: must be a text."),
    ({"a": {"$regex": "a", "$options": "iq"}}, "a.$options: unknown option q; there are i, m, s and x."),
    ({"a": {"$options": "i"}}, "a.$options: needs a $regex beside it."),
    ({"a": {"$regex": "("}}, "a.$regex: missing ): (."),
    ({"a": {"$regex": "(?=b)"}}, "a.$regex: invalid perl operator: (?=. Lookaround, backreferences and possessive quantifiers are not supported."),
    ({"a": {"$regex": "(b)\\1"}}, "a.$regex: invalid escape sequence: \\1. Lookaround, backreferences and possessive quantifiers are not supported."),
    ({"a": {"$regex": "a" * 1001}}, "a.$regex: longer than 1000 characters."),
    ({"$or": [{"a": {"$regex": "x"}}] * 51}, "More than 50 patterns."),
    ({"$nor": [{"a": {"$elemMatch": {"b": {"$regex": "(x{1,20}){20}"}}}}] * 40}, "The patterns are too large together; use fewer or smaller ones."),
    ({"$or": [{"a": n} for n in range(500)]}, ""),
    ({"$or": [{"a": n} for n in range(501)]}, MANY),
    ({f"a{n}": 1 for n in range(501)}, MANY),
    ({"$and": [{"a": {"$gt": n, "$lt": -n}} for n in range(251)]}, MANY),
    ({"$nor": [{"$not": {"a": 1, "b": {"$not": {"$gt": 5}}}}] * 251}, MANY),
    ({"a": {"$elemMatch": {"$or": [{"b": n} for n in range(500)]}}}, MANY),
    ({"a": {"$all": [{"$elemMatch": {"b": n}} for n in range(251)]}}, MANY),
    ({"$or": [{}] * 501}, MANY),
    ({"$or": [{"a": {"$all": []}}] * 501}, MANY),
    ({"a": {"$in": [*range(501)], "$nin": [*range(501)], "$all": [*range(501)]}}, ""),
    ({"a": {"$regex": "(a{1,50}b{1,50}c{1,50}){20}"}}, "a.$regex: the pattern is too large; use smaller repetitions."),
    ({"a": {"$regex": "\ud800"}}, "a.$regex: has half of a surrogate pair."),
    ({"a..b": 1}, "a..b: the path has an empty name."),
    ({"": 1}, "The path has an empty name."),
    ({"a.$": 1}, "a.$: no field has the name $, and positional operators are not supported."),
    ({"a": float("inf")}, "a: the number is too large."),
    ({"a": {"$lt": float("nan")}}, "a.$lt: the number is too large."),
    (nested(39), ""),
    (nested(40), "More than 40 objects and arrays inside each other."),
    ({".".join("a" * 41): 1}, f"{'.'.join('a' * 41)}: the path has more than 40 names."),
]  # fmt: skip


@pytest.mark.parametrize(("query", "problem"), CASES, ids=[problem[:60] or "deep enough" for _, problem in CASES])
def test_filter_errors(query: Any, problem: str) -> None:
    if not problem:
        Filter.parse(query)
        return
    with pytest.raises(ReliveError) as caught:
        Filter.parse(query)
    assert (caught.value.code, caught.value.message) == (608, f"Invalid filter expression. {problem}")


def test_a_pattern_does_not_run_away() -> None:
    """In a backtracking engine this takes longer than anybody lives."""
    assert not Filter.parse({"a": {"$regex": "^(a+)+(a|aa)*$"}}).matches({"a": "a" * 10_000 + "!"})
