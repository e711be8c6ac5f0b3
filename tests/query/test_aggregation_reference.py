"""Any documents: grouped by looking for an equal group among those there are, and worked out from lists of values."""

import math
from fractions import Fraction
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from runtime.query.ordering import order_key
from tests.query.aggregating import DATE, LARGE, LATER, SAME_DATE, aggregated, exactly, of

NAMES = st.sampled_from(["a", "b", "c"])
VALUES = st.recursive(
    st.sampled_from(
        [None, True, False, 0, 1, 1.0, -2, 0.1, 0.5, 1e30, -1e30, LARGE, -LARGE, "", "a", "b", DATE, SAME_DATE, LATER]
    ),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(NAMES, inner, max_size=2),
    max_leaves=4,
)
DOCUMENTS = st.lists(st.dictionaries(NAMES, VALUES, max_size=3), max_size=12)
PATHS = st.sampled_from(["a", "b", "c", "a.b", "a.0", "b.a"])
EXPRESSIONS = st.fixed_dictionaries(
    {"GroupBy": st.lists(PATHS, max_size=3, unique=True)},
    optional={
        "Aggregate": st.dictionaries(
            st.sampled_from(["X", "Y", "Z"]),
            st.builds(lambda name, path: {name: path}, st.sampled_from(["count", "sum", "avg", "min", "max"]), PATHS),
            max_size=3,
        )
    },
).filter(lambda expression: any(expression.values()))


def naive(expression: Any, documents: list[dict[str, Any]]) -> list[dict[str, Any]]:
    names = expression["GroupBy"]
    groups: list[tuple[list[Any], list[dict[str, Any]]]] = [] if names else [([], [])]
    for document in documents:
        values = [naive_value(document, name.split(".")) for name in names]
        for group, members in groups:
            if [order_key(value) for value in group] == [order_key(value) for value in values]:
                members.append(document)
                break
        else:
            groups.append((values, [document]))
    return [
        dict(zip(names, values, strict=True))
        | {
            output: naive_figure(function, [naive_value(member, path.split(".")) for member in members])
            for output, definition in expression.get("Aggregate", {}).items()
            for function, path in definition.items()
        }
        for values, members in groups
    ]


def naive_value(value: Any, names: list[str]) -> Any:
    """None where there is nothing: no figure tells the two apart."""
    if not names:
        return value
    first, rest = names[0], names[1:]
    if isinstance(value, dict):
        return naive_value(value[first], rest) if first in value else None
    if isinstance(value, list):
        if first.isdigit():
            return naive_value(value[int(first)], rest) if int(first) < len(value) else None
        return [
            naive_value(element[first], rest) for element in value if isinstance(element, dict) and first in element
        ]
    return None


def naive_figure(function: str, values: list[Any]) -> Any:
    numbers = [value for value in values if isinstance(value, int | float) and not isinstance(value, bool)]
    exact = sum(map(Fraction, numbers), Fraction(0))
    there = [value for value in values if value is not None]
    match function:
        case "count":
            return len(values)
        case "sum":
            return float(exact) if any(isinstance(number, float) for number in numbers) else int(exact)
        case "avg":
            return float(exact / len(numbers)) if numbers else None
        case "min":
            return min(there, key=order_key, default=None)
    return max(there, key=order_key, default=None)


@given(expression=EXPRESSIONS, documents=DOCUMENTS)
def test_like_the_naive_reference(expression: Any, documents: list[dict[str, Any]]) -> None:
    found, expected = aggregated(expression, documents), naive(expression, documents)
    assert [list(group) for group in found] == [list(group) for group in expected]
    for group, reference in zip(found, expected, strict=True):
        for name, value in group.items():
            assert type(value) is type(reference[name])
            if isinstance(value, float):  # an average rounds twice
                assert math.isclose(value, reference[name], rel_tol=1e-15, abs_tol=0)
            else:
                assert value == reference[name]


@given(numbers=st.lists(st.floats(-1e12, 1e12) | st.integers(-(2**40), 2**40)), more=st.randoms())
def test_a_sum_does_not_depend_on_the_order(numbers: list[int | float], more: Any) -> None:
    expression = {"Aggregate": {"S": {"sum": "a"}, "A": {"avg": "a"}}}
    shuffled = more.sample(numbers, len(numbers))
    assert exactly(aggregated(expression, of(shuffled))) == exactly(aggregated(expression, of(numbers)))
    assert aggregated(expression, of(numbers))[0]["S"] == math.fsum(numbers)
