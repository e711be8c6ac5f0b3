"""Unique and indexed fields as hypothesis makes them up, and which documents can have such unique fields."""

from collections.abc import Iterable
from typing import Any

from hypothesis import strategies as st

from runtime.query.ordering import order_key

FIELDS = ["a", "b", "c"]
SUBSETS = st.lists(st.sampled_from(FIELDS), unique=True).map(tuple)


def unique_keys(value: dict[str, Any], unique: tuple[str, ...]) -> set[Any]:
    return {(field, order_key(value[field])) for field in unique if value.get(field) is not None}


def has_duplicates(values: Iterable[dict[str, Any]], unique: tuple[str, ...]) -> bool:
    keys = [key for value in values for key in unique_keys(value, unique)]
    return len(keys) > len(set(keys))
