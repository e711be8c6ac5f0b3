"""Whatever JSON comes: an answer or a ReliveError, and the document stays as it was."""

import copy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runtime.errors import ReliveError
from runtime.query.filter import Filter
from runtime.query.projection import Projection
from runtime.query.sort import Sort
from runtime.query.update import Update
from tests.query.generated import DOCUMENTS

PATHS = ["a", "b", "a.b", "a.0", "a.b.c", "_id", "Id", "", ".", "a.", "$", "a.$", "$foo", "\ud800"]
COMPARISONS = ["$eq", "$ne", "$gt", "$lte", "$in", "$nin", "$not", "$and", "$or", "$nor", "$regex", "$options"]
OTHERS = ["$all", "$size", "$exists", "$type", "$mod", "$elemMatch", "$slice"]
CHANGES = ["$set", "$unset", "$inc", "$mul", "$min", "$max", "$rename", "$push", "$each", "$position", "$sort"]
REMOVALS = ["$addToSet", "$pushAll", "$pop", "$pull", "$pullAll"]
NAMES = st.sampled_from([*PATHS, *COMPARISONS, *OTHERS, *CHANGES, *REMOVALS])
NUMBERS = st.sampled_from([0, 1, -1, 2, 1.5, 10**400, -1e308, float("inf"), float("nan")])
SCALARS = (
    st.none()
    | st.booleans()
    | NUMBERS
    | st.text(max_size=3)
    | NAMES
    | st.sampled_from(["(", "a*", "gi", "number", "2016-02-03T04:05:06Z"])
)
ANY = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3), max_leaves=8
)

USES: dict[str, Any] = {
    "filter": (608, lambda expression, document: Filter.parse(expression).matches(document)),
    "update": (601, lambda expression, document: Update.parse(expression).apply(document)),
    "sort": (601, lambda expression, document: Sort.parse(expression).sorted([document, {}, document])),
    "projection": (616, lambda expression, document: Projection.parse(expression).apply(document)),
}


@pytest.mark.parametrize("use", USES)
@given(expression=ANY, document=DOCUMENTS | st.dictionaries(st.sampled_from(["a", "b"]), ANY, max_size=2))
def test_any_json(use: str, expression: Any, document: Any) -> None:
    code, call = USES[use]
    before = repr(document)
    expression_before = copy.deepcopy(expression)
    try:
        call(expression, document)
    except ReliveError as error:
        assert error.code == code  # noqa: PT017
    assert repr(document) == before
    assert repr(expression) == repr(expression_before)
