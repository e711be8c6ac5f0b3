"""Numbers, names and sections of the binary formats."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runtime.sandbox.linking.binary import NotAsExpected, Reader, name, number, section, sections, signed_number, vector


@given(st.integers(0, 2**64))
def test_a_number_comes_back(value: int) -> None:
    assert Reader(number(value)).number() == value


@given(st.integers(-(2**63), 2**63 - 1))
def test_a_signed_number_comes_back(value: int) -> None:
    assert Reader(signed_number(value)).number(signed=True) == value


@pytest.mark.parametrize(
    ("written", "expected"),
    [(number(0), "00"), (number(127), "7f"), (number(128), "8001"), (signed_number(-1), "7f"), (signed_number(64), "c000")],
    ids=["0", "127", "128", "-1", "64"],
)  # fmt: skip
def test_a_number_is_as_short_as_can_be(written: bytes, expected: str) -> None:
    assert written.hex() == expected


@given(st.lists(st.text()))
def test_names_come_back(texts: list[str]) -> None:
    reader = Reader(vector([name(text) for text in texts]))
    assert reader.vector(reader.name) == texts
    assert reader.at == len(reader.content)


def test_sections_come_back() -> None:
    content = b"preamble" + section(3, b"abc") + section(0, b"")
    assert [(kind, content[start:end]) for kind, start, end in sections(content, 8, len(content))] == [
        (3, b"abc"),
        (0, b""),
    ]


@pytest.mark.parametrize("content", ["", "80", "0361"], ids=["nothing", "half a number", "half a name"])
def test_what_ends_too_early_is_refused(content: str) -> None:
    with pytest.raises(NotAsExpected, match="ends in the middle"):
        Reader(bytes.fromhex(content)).name()
