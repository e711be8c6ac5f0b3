"""DynamoDB passes by no document that matches."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from moto.dynamodb.comparisons import get_filter_expression
from moto.dynamodb.models.dynamo_type import DynamoType, Item

from runtime.deadline import Deadline
from runtime.query.filter import Filter
from runtime.store.dynamodb.actions import Put
from runtime.store.dynamodb.items import Stored, document_item
from runtime.store.dynamodb.keys import Keys, sort_key_of
from runtime.store.dynamodb.pushdown import MAX_EXPRESSION_BYTES, MAX_OPERATORS, pushed_down
from tests.store.generated import FILTERS, NAMES, NUMBERS, VALUES
from tests.store.stand_ins.serve_moto import compare_any_types
from tests.store.stand_ins.stand_in import StandIn

compare_any_types()

KEYS = Keys("app", "Type")
DATES = st.sampled_from(
    [
        "2016-02-03T04:05:06Z",
        "2016-02-03T05:05:06+01:00",
        "2016-02-02T04:06:06-23:59",
        "2016-02-04T04:04:06.1+23:59",
        "2016-02-03",
        "0001-01-01T00:00:00Z",
        "9999-12-31T23:59:59Z",
        "x",
    ]
)
QUICK = settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def item_of(document: dict[str, Any]) -> Any:
    return document_item(Stored(document, 1, KEYS.document(sort_key_of("1")), b"\0" * 14))


def passes(filter: Any, document: dict[str, Any]) -> bool | None:
    """Whether the condition holds, as moto understands it; None: there is none."""
    condition = pushed_down(Filter.parse(filter).expression)
    if condition is None:
        return None
    parsed = get_filter_expression(condition.expression, dict(condition.names), dict(condition.values))
    attributes = {name: value for name, value in item_of(document).items() if name not in ("pk", "sk")}
    return bool(parsed.expr(Item(DynamoType({"S": "p"}), None, attributes)))


@QUICK
@given(document=st.dictionaries(NAMES, VALUES, max_size=3), filter=FILTERS)
def test_what_matches_passes(document: Any, filter: Any) -> None:
    if Filter.parse(filter).matches(document):
        assert passes(filter, document) in (True, None)


@QUICK
@given(operator=st.sampled_from(["$eq", "$gte", "$lte", "$gt", "$lt"]), operand=NUMBERS, value=NUMBERS)
def test_numbers_that_match_pass(operator: str, operand: Any, value: Any) -> None:
    if Filter.parse({"a": {operator: operand}}).matches({"a": value}):
        assert passes({"a": {operator: operand}}, {"a": value})


@QUICK
@given(operator=st.sampled_from(["$eq", "$gte", "$lte", "$gt", "$lt", "$in"]), operand=DATES, value=DATES)
def test_dates_that_match_pass_however_they_are_written(operator: str, operand: str, value: str) -> None:
    filter = {"a": {operator: [operand] if operator == "$in" else operand}}
    if Filter.parse(filter).matches({"a": value}):
        assert passes(filter, {"a": value})


@pytest.mark.slow
@settings(QUICK, max_examples=60)
@given(documents=st.lists(st.dictionaries(NAMES, VALUES, max_size=3), min_size=3, max_size=5), filter=FILTERS)
@example(documents=[{"a": ["x", 1]}, {"a": 1}, {"a": None}], filter={"a": {"$in": [1, "x", None]}})
def test_a_stand_in_that_is_asked_passes_what_matches(aws: StandIn, documents: Any, filter: Any) -> None:
    condition = pushed_down(Filter.parse(filter).expression)
    if condition is None:
        return
    table = aws.table()
    deadline = Deadline.after(60)
    for number, document in enumerate(documents):
        table.write(Put({**item_of(document), "sk": {"B": bytes([number + 1])}}), deadline)
    (page,) = table.query(KEYS.documents(0), deadline, filter=condition)
    passed = {item["sk"]["B"][0] - 1 for item in page.items}
    matching = {n for n, document in enumerate(documents) if Filter.parse(filter).matches(document)}
    assert matching <= passed
    aws.delete_table(table.name)


HELPS = [
    ("another text", {"a": "x"}, {"a": "y"}),
    ("another number", {"a": 1}, {"a": 1.5}),
    ("another fraction", {"a": 0.1}, {"a": 0.2}),
    ("nothing there", {"a.b": 1}, {"a": {"c": 1}}),
    ("too small", {"a": {"$gt": 5}}, {"a": 4}),
    ("too large", {"a": {"$lt": "b"}}, {"a": "c"}),
    ("a number among texts", {"a": {"$lt": "b"}}, {"a": 1}),
    ("another day", {"a": "2016-02-03T04:05:06Z"}, {"a": "2016-02-05T04:05:06Z"}),
    ("an earlier day", {"a": {"$gt": "2016-02-03T04:05:06Z"}}, {"a": "2016-02-01T04:05:06Z"}),
    ("not null", {"a": None}, {"a": 0}),
    ("another boolean", {"a": True}, {"a": False}),
    ("none of them", {"a": {"$in": [1, "x"]}}, {"a": 2}),
    ("none of none", {"a": {"$in": []}}, {"a": 2}),
    ("no text", {"a": {"$regex": "x"}}, {"a": 2}),
    ("no array", {"a": {"$size": 1}}, {"a": "x"}),
    ("no array of all of them", {"a": {"$all": [1, 2]}}, {"a": 1}),
    ("no array of objects", {"a": {"$elemMatch": {"b": 1}}}, {"a": {"b": 1}}),
    ("missing", {"a": {"$exists": True}}, {"b": 1}),
    ("one part is not there", {"a": 1, "b": {"$ne": 1}}, {"a": 2}),
    ("neither", {"$or": [{"a": 1}, {"b": 1}]}, {"a": 2}),
    ("with an odd name", {"é 'x' [0]": 1}, {"é 'x' [0]": 2}),
]


@pytest.mark.parametrize(("filter", "document"), [case[1:] for case in HELPS], ids=[case[0] for case in HELPS])
def test_much_of_what_does_not_match_is_passed_by(filter: Any, document: Any) -> None:
    assert not Filter.parse(filter).matches(document)
    assert passes(filter, document) is False


@pytest.mark.parametrize(
    "filter",
    [{"a": {"$ne": 1}}, {"$nor": [{"a": 1}]}, {"\ud83d": 1}, {"$or": [{"a": 1}, {"b": {"$ne": 1}}]}],
    ids=str,
)
def test_some_filters_are_for_python_alone(filter: Any) -> None:
    assert pushed_down(Filter.parse(filter).expression) is None


@pytest.mark.parametrize(
    "filter",
    [
        {f"f{n}": n for n in range(500)},
        {"$or": [{f"f{n}": n} for n in range(500)]},
        {"a": {"$in": list(range(89))}},
        {"a": {"$in": list(range(5000))}},
        {"a" * 200 + "." + "b" * 200: "x" * 200_000},
    ],
    ids=["many fields", "many alternatives", "some values", "many values", "a large value"],
)
def test_no_condition_is_larger_than_dynamodb_takes(filter: Any) -> None:
    condition = pushed_down(Filter.parse(filter).expression)
    if condition:
        assert len(condition.expression.encode()) <= MAX_EXPRESSION_BYTES
        assert len(condition.values) <= MAX_OPERATORS
        for placeholder in (*condition.names, *condition.values):
            assert placeholder in condition.expression


def test_numbers_are_compared_as_numbers() -> None:
    condition = pushed_down(Filter.parse({"a": {"$gte": 1e22}}).expression)
    assert condition is not None
    assert Decimal("1e22") in [Decimal(value["N"]) for value in condition.values.values() if "N" in value]
