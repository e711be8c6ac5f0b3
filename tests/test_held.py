"""Bytes that the server holds for a request are counted, and given back."""

import json
import threading
import tracemalloc
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runtime.held import HeldBytes, Hold, TooMuchAtOnce, json_bytes


class TestCounting:
    @given(limit=st.integers(0, 100), wanted=st.lists(st.integers(0, 60), max_size=30))
    def test_what_fits_is_held_and_what_does_not_is_not(self, limit: int, wanted: list[int]) -> None:
        counter, held = HeldBytes(limit), 0
        for size in wanted:
            fits = held + size <= limit
            assert counter.take(size) == fits
            held += size * fits
            assert counter.held == held

    @given(sizes=st.lists(st.integers(0, 40), max_size=10))
    def test_whatever_a_part_came_to_it_gives_all_of_it_back(self, sizes: list[int]) -> None:
        counter = HeldBytes(100)
        try:
            with Hold(counter) as hold, hold.beside() as beside:
                for size in sizes:
                    hold.add(size)
                    beside.has_room_for(size)
        except TooMuchAtOnce:
            pass
        assert counter.held == 0

    def test_a_part_beside_another_is_given_back_alone(self) -> None:
        counter = HeldBytes(100)
        with Hold(counter) as hold:
            hold.add(10)
            with hold.beside() as beside:
                beside.add(20)
                assert counter.held == 30
            assert counter.held == 10

    def test_what_counts_for_nobody_is_never_too_much(self) -> None:
        hold = Hold()
        hold.add(10**12)
        hold.add_json("[]")
        assert hold.has_room_for_json("[]")
        hold.beside().add(10**12)

    def test_the_error_says_what_to_do(self) -> None:
        with pytest.raises(TooMuchAtOnce, match="holds more than 2 MB in the server at once; do less") as raised:
            Hold(HeldBytes(2 * 1024 * 1024)).add(3_000_000)
        assert raised.value.code == 901
        assert raised.value.details["type"] == "TooMuchAtOnce"

    def test_from_several_threads(self) -> None:
        counter = HeldBytes(1000)

        def work() -> None:
            for _ in range(300):
                with Hold(counter) as hold:
                    hold.has_room_for(400)
                    assert counter.held <= 1000

        threads = [threading.Thread(target=work) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert counter.held == 0


def repeated(text: str, times: int = 50_000) -> str:
    return f"[{','.join([text] * times)}]"


TEXTS = {
    "empty lists": repeated("[]"),
    "empty objects": repeated("{}"),
    "objects of one": repeated('{"a":1}'),
    "objects of six": repeated('{"a":1000,"b":"xy","c":1.5,"d":null,"e":[],"f":{}}', 10_000),
    "an object of many": json.dumps({f"{number:x}": 1 for number in range(50_000)}),
    "an object of just too many": json.dumps({f"{number:x}": 1 for number in range(43_691)}),
    "floats": repeated("1.5"),
    "whole numbers": repeated("1000"),
    "long numbers": repeated("123456789012345"),
    "short texts": repeated('"ab"'),
    "lists of one": repeated("[1]"),
    "lists in lists": repeated("[[[[[]]]]]"),
    "one wide character": json.dumps(["x" * 300_000 + "\N{GRINNING FACE}"], ensure_ascii=False),
    "one wide character, escaped": json.dumps(["x" * 300_000 + "\N{GRINNING FACE}"]),
    "one wide character, escaped in capitals": '["' + "x" * 300_000 + '\\uD83D\\uDE00"]',
    "one escaped character that is not so wide": json.dumps(["x" * 300_000 + "\N{CYRILLIC SMALL LETTER ZHE}"]),
    "wide characters": repeated('"\N{GRINNING FACE}"'),
    "a text": json.dumps("x" * 300_000),
    "items": json.dumps([{"Id": f"id-{number}", "Title": "A title", "Likes": number} for number in range(5000)]),
}


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS.keys())
def test_no_value_takes_more_than_is_counted_for_it(text: str) -> None:
    tracemalloc.start()
    try:
        before = tracemalloc.get_traced_memory()[0]
        value = json.loads(text)
        taken = tracemalloc.get_traced_memory()[0] - before
    finally:
        tracemalloc.stop()
    assert value
    assert taken <= json_bytes(text) <= 6 * taken + 1000


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=40),
        lambda inner: st.lists(inner, max_size=8) | st.dictionaries(st.text(max_size=8), inner, max_size=8),
        max_leaves=60,
    )
)
def test_nor_does_any_other(value: Any) -> None:
    values = [value] * 20
    text = json.dumps(values)
    tracemalloc.start()
    try:
        before = tracemalloc.get_traced_memory()[0]
        read = json.loads(text)
        taken = tracemalloc.get_traced_memory()[0] - before
    finally:
        tracemalloc.stop()
    assert read == values
    assert taken <= json_bytes(text) + 2000


LARGE = 3_000_000

LOOK_ALIKES = {
    "numbers with commas between them": json.dumps("1," * (LARGE // 2)),
    "JSON in a text": json.dumps('{"a": [1, 2, {}]}, ' * (LARGE // 20)),
    "quotes": json.dumps('"' * (LARGE // 2)),
    "backslashes": json.dumps("\\" * (LARGE // 2)),
}


@pytest.mark.parametrize("text", LOOK_ALIKES.values(), ids=LOOK_ALIKES.keys())
def test_a_text_that_only_looks_like_structure_counts_as_a_text(text: str) -> None:
    assert json_bytes(text) <= 1.1 * len(text)


BROKEN = {
    "a quote that is never closed": '"' + '\\"' * LARGE,
    "many quotes": '"' * LARGE,
    "a backslash at the end": '["' + "," * LARGE + "\\",
    "only commas": "," * LARGE,
    "nothing": "",
}


@pytest.mark.timeout(30)
@pytest.mark.parametrize("text", BROKEN.values(), ids=BROKEN.keys())
def test_what_is_no_json_is_counted_in_no_time(text: str) -> None:
    assert json_bytes(text) >= len(text)
