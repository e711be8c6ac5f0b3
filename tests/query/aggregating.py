"""Documents to aggregate, and what comes of it."""

import json
from typing import Any

from runtime.query.aggregation import Aggregation

DATE, SAME_DATE, LATER = "2016-02-03T04:05:06.789Z", "2016-02-03T06:05:06.789+02:00", "2016-02-03T05:05:06.789Z"
LARGE = 10**30


def aggregated(expression: Any, documents: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return Aggregation.parse(expression).run(iter(documents))


def of(values: list[Any]) -> list[dict[str, Any]]:
    """Documents with these values of `a`; one of `...` has none."""
    return [{} if value is ... else {"a": value} for value in values]


def exactly(value: Any) -> str:
    """As JSON, where 1.0 is not 1 and fields have an order."""
    return json.dumps(value)
