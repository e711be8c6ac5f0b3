import pytest

from runtime.query.pattern import Pattern
from runtime.store.prefix import Prefix, prefix_of


@pytest.mark.parametrize(
    ("pattern", "options", "expected"),
    [
        ("^abc", "", Prefix("abc", is_all=True)),
        ("^abc", "g", Prefix("abc", is_all=True)),
        ("^abc", "s", Prefix("abc", is_all=True)),
        ("^Grüße 1", "", Prefix("Grüße 1", is_all=True)),
        (r"^a\.b\-c", "", Prefix("a.b-c", is_all=True)),
        ("^abc$", "", Prefix("abc", is_all=False)),
        ("^abc.*", "", Prefix("abc", is_all=False)),
        ("^ab[cd]", "", Prefix("ab", is_all=False)),
        ("^ab(c)", "", Prefix("ab", is_all=False)),
        ("^abc*", "", Prefix("ab", is_all=False)),
        ("^abc?", "", Prefix("ab", is_all=False)),
        ("^abc{0,2}", "", Prefix("ab", is_all=False)),
        ("^abc+", "", Prefix("ab", is_all=False)),
        (r"^ab\.?", "", Prefix("ab", is_all=False)),
        (r"^ab\d", "", Prefix("ab", is_all=False)),
        (r"^ab\bc", "", Prefix("ab", is_all=False)),
        ("^a*", "", None),
        ("^", "", None),
        ("abc", "", None),
        ("^abc|d", "", None),
        ("^(abc)", "", None),
        ("^abc", "i", None),
        ("^abc", "m", None),
        ("^a b", "x", None),
    ],
)
def test_what_texts_begin_with(pattern: str, options: str, expected: Prefix | None) -> None:
    assert prefix_of(Pattern.parse(pattern, options, "")) == expected
