"""Which text is a date, and its one form."""

import pytest

from runtime.query.date_time import canonical_date_time

CASES: list[tuple[str, str | None]] = [
    ("2016-02-03T04:05:06.789Z", "2016-02-03T04:05:06.789Z"),
    ("2016-02-03T04:05:06Z", "2016-02-03T04:05:06.000Z"),
    ("2016-02-03T04:05:06.7Z", "2016-02-03T04:05:06.700Z"),
    ("2016-02-03T04:05:06.789999999Z", "2016-02-03T04:05:06.789Z"),
    ("2016-02-03T04:05:06.789+02:00", "2016-02-03T02:05:06.789Z"),
    ("2016-02-03T23:05:06.789-0230", "2016-02-04T01:35:06.789Z"),
    ("0001-01-01T00:00:00.000Z", "0001-01-01T00:00:00.000Z"),
    ("9999-12-31T23:59:59.999Z", "9999-12-31T23:59:59.999Z"),
    ("2016-02-29T00:00:00Z", "2016-02-29T00:00:00.000Z"),
    ("2015-02-29T00:00:00Z", None),
    ("2016-02-03T24:00:01Z", None),
    ("2016-02-03T04:05:60Z", None),
    ("0001-01-01T00:00:00+01:00", None),
    ("2016-02-03T04:05:06.789", None),
    ("2016-02-03T04:05Z", None),
    ("2016-02-03", None),
    ("2016-02-03 04:05:06.789Z", None),
    ("2016-02-03T04:05:06.789Z\n", None),
    (" 2016-02-03T04:05:06.789Z", None),
    ("２016-02-03T04:05:06.789Z", None),  # noqa: RUF001
    ("", None),
]


@pytest.mark.parametrize(("text", "canonical"), CASES, ids=[repr(case[0]) for case in CASES])
def test_canonical_date_time(text: str, canonical: str | None) -> None:
    assert canonical_date_time(text) == canonical
