"""The values of secrets do not leave, and everything else does."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runtime.cloudcode.logs.record import LogLine
from runtime.cloudcode.redactor import SHORTEST, Redactor

REDACTOR = Redactor(
    {
        "TOKEN": "t0ken-value",
        "LONGER": "t0ken-value-and-more",
        "SHORT": "1234567",
        "PIN": "12345678",
        "QUOTED": 'pass"word\n',
        "UMLAUT": "schlüssel",
        "URL": "a/b c?d=e&f",
    }
)

SCENARIOS = [
    ("nothing", "an ordinary text", "an ordinary text"),
    ("empty", "", ""),
    ("the whole", "t0ken-value", "[secret TOKEN]"),
    ("inside", "Bearer t0ken-value!", "Bearer [secret TOKEN]!"),
    ("twice", "t0ken-value,t0ken-value", "[secret TOKEN],[secret TOKEN]"),
    ("the longer one", "t0ken-value-and-more t0ken-value-and", "[secret LONGER] [secret TOKEN]-and"),
    ("seven characters", "1234567", "1234567"),
    ("eight characters", "12345678", "[secret PIN]"),
    ("another case", "T0KEN-VALUE", "T0KEN-VALUE"),
    ("as it is, with a quote", 'x pass"word\n y', "x [secret QUOTED] y"),
    ("in JSON text", r'{"x": "pass\"word\n"}', '{"x": "[secret QUOTED]"}'),
    ("in JSON text, in ASCII", r'"schl\u00fcssel"', '"[secret UMLAUT]"'),
    ("in a URL, as a part", "https://x/?k=a%2Fb%20c%3Fd%3De%26f", "https://x/?k=[secret URL]"),
    ("in a URL, as a form does", "k=a%2Fb+c%3Fd%3De%26f", "k=[secret URL]"),
    ("in a URL, as a path", "/a/b%20c%3Fd%3De%26f", "/[secret URL]"),
]


@pytest.mark.parametrize(("name", "text", "expected"), SCENARIOS, ids=[name for name, _, _ in SCENARIOS])
def test_text_and_bytes(name: str, text: str, expected: str) -> None:
    assert REDACTOR.text(text) == expected
    assert REDACTOR.content(text.encode()) == expected.encode()


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("t0ken-value", "[secret TOKEN]"),
        ({"a": ["x", {"t0ken-value": "schlüssel"}]}, {"a": ["x", {"[secret TOKEN]": "[secret UMLAUT]"}]}),
        (12345678, "[secret PIN]"),
        (-12345678.5, "-[secret PIN].5"),
        ([1234567, True, None, 1.5], [1234567, True, None, 1.5]),
    ],
    ids=str,
)
def test_json_values(value: Any, expected: Any) -> None:
    assert REDACTOR.value(value) == expected
    assert json.loads(REDACTOR.json(json.dumps(value).encode())) == expected


def test_json_text_that_holds_no_secret_stays_to_the_byte() -> None:
    content = b'{ "a" : 1.0,\t"b": "\\u00e9" }'
    assert REDACTOR.json(content) == content


def test_bytes_that_are_no_text() -> None:
    assert REDACTOR.content(b"\xff\x00t0ken-value\xfe") == b"\xff\x00[secret TOKEN]\xfe"


def test_log_lines() -> None:
    line = LogLine(1.0, "info", "sent t0ken-value", {"key": "schlüssel", "n": 1})
    expected = LogLine(1.0, "info", "sent [secret TOKEN]", {"key": "[secret UMLAUT]", "n": 1})
    assert REDACTOR.lines([line]) == (expected,)
    assert Redactor({}).lines([line]) == (line,)


@pytest.mark.parametrize(
    ("secrets", "text", "expected"),
    [
        ({"A": "abcdefgh", "B": "efghijkl"}, "-abcdefghijkl-", "-[secret A]-"),
        ({"A": "abcdefgh", "B": "efghijkl"}, "abcdefghefghijkl", "[secret A][secret B]"),
        ({"A": "abcabcabc"}, "-abcabcabcabc-", "-[secret A]-"),
        ({"A": "aaaaaaaa"}, "a" * 20 + "b" + "a" * 7, "[secret A]b" + "a" * 7),
        ({"A": "same-value", "B": "same-value"}, "same-value", "[secret B]"),
    ],
    ids=["two overlap", "two side by side", "one overlaps itself", "a run", "two with one value"],
)
def test_secrets_that_overlap(secrets: dict[str, str], text: str, expected: str) -> None:
    assert Redactor(secrets).text(text) == expected


# Letters that are not in the marks: what a mark and the text around it make together is not meant.
LETTERS = st.sampled_from('xyzXYZ"\\é\n/ %')


@given(st.lists(st.text(LETTERS, min_size=1, max_size=12), min_size=1, max_size=4), st.data())
def test_no_secret_is_left_and_nothing_else_is_lost(values: list[str], data: st.DataObject) -> None:
    pieces = data.draw(st.lists(st.sampled_from(values) | st.text(LETTERS, max_size=6), max_size=8))
    redactor = Redactor({f"S{n}": value for n, value in enumerate(values)})
    for text in ("".join(pieces), json.dumps(pieces)):
        redacted = redactor.text(text)
        assert redactor.content(text.encode()) == redacted.encode()
        long = [form for value in values for form in (value, json.dumps(value)[1:-1]) if len(value) >= SHORTEST]
        assert not any(form in redacted for form in long)
        if not any(value in text for value in values):
            assert redacted == text or "[secret" in redacted
    assert not any(value in piece for piece in redactor.value(pieces) for value in values if len(value) >= SHORTEST)


@given(st.text(max_size=40))
def test_without_secrets_nothing_changes(text: str) -> None:
    redactor = Redactor({"SHORT": "1234567"})
    assert redactor.text(text) is text
    assert redactor.value({text: [text]}) == {text: [text]}
