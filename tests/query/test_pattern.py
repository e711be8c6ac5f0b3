"""How much of a long text is searched for a pattern, and what is said of the rest."""

import pytest

from runtime.query import pattern
from runtime.query.pattern import Pattern, TextTooLongError

WORK = 2000


@pytest.fixture(autouse=True)
def little_work(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pattern, "MAX_WORK", WORK)


def searched(source: str) -> int:
    """The bytes of a text that are searched for a pattern."""
    return WORK // Pattern.parse(source, "", "").program_size


# name: (pattern, what a text is made of around the end of the part that is searched, whether there is a match)
# The letter at `|` is the first one that is not searched. None: that cannot be told.
CASES: dict[str, tuple[str, str, bool | None]] = {
    "before the end": ("b", "b|a", True),
    "behind it": ("b", "a|b", None),
    "across it": ("bc", "b|c", None),
    "nowhere": ("c", "a|", False),
    "the end of the text": ("b$", "b|", True),
    "not the end of the text": ("b$", "b|a", None),
    "the end of a line": ("(?m)b$", "b|\n", True),
    "not the end of a line": ("(?m)b$", "b|a", None),
    "the end of a word": ("b\\b", "b| ", True),
    "not the end of a word": ("b\\b", "b|a", None),
    "in a word": ("b\\B", "b|a", True),
    "nothing but these": ("^[ab]*$", "b|a", None),
    "half of a letter": (".$|[^a]", "\u00e9|", None),
}


@pytest.mark.parametrize(("source", "around", "expected"), CASES.values(), ids=CASES)
def test_a_text_that_goes_on_behind_what_is_searched(source: str, around: str, expected: bool | None) -> None:
    before, after = around.split("|")
    text = before.rjust(searched(source), "a") + after
    if expected is not None:
        assert Pattern.parse(source, "", "").found_in(text) is expected
        return
    with pytest.raises(TextTooLongError, match="is too long for the pattern"):
        Pattern.parse(source, "", "").found_in(text)


def test_bytes_count() -> None:
    fitting = searched("x") // 2
    assert Pattern.parse("x", "", "").found_in("\u00e9" * fitting) is False
    with pytest.raises(TextTooLongError, match=f"{2 * fitting + 2:,} bytes"):
        Pattern.parse("x", "", "").found_in("\u00e9" * (fitting + 1))


def test_half_of_a_surrogate_pair() -> None:
    assert Pattern.parse("^.$", "", "").found_in("\ud800")
