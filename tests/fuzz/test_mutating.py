"""What the mutations make of any input: bytes, the same for the same seed; and messages stay messages."""

import json
from random import Random

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from runtime.sandbox.wire import Kind, Message, encode
from tests.fuzz.mutating.json_tree import ODD, mutate_json
from tests.fuzz.mutating.messages import message_mutator, split
from tests.fuzz.mutating.raw import mutate_bytes
from tests.fuzz.mutating.text import text_mutator
from tests.fuzz.target import Mutate

TOKENS = ("handler", "\ud800", '{"a": 1}')

MUTATORS = {
    "raw": lambda data, random: mutate_bytes(data, random, TOKENS),
    "text": text_mutator(TOKENS),
    "text without tokens": text_mutator(),
    "messages": message_mutator(TOKENS),
}

STREAM = encode(Message(Kind.LOG, 1, '{"level": "info"}')) + encode(Message(Kind.ENDED, 2, '{"a": [1, {}]}\n"x"'))

DEEP = b"[" * 900 + b"]" * 900
"""Python reads it, and cannot copy it."""


@pytest.mark.parametrize("mutate", MUTATORS.values(), ids=MUTATORS)
@given(
    data=st.binary(max_size=64) | st.sampled_from([STREAM, b'{"a": [1, 2.5, null]}', b"[", b"\n{\n", DEEP]),
    seed=st.integers(0, 999),
)
@example(data=b"", seed=0)
def test_any_input_becomes_another_and_a_seed_always_the_same(mutate: Mutate, data: bytes, seed: int) -> None:
    first = mutate(data, Random(seed))
    assert isinstance(first, bytes)
    assert first == mutate(data, Random(seed))


@pytest.mark.parametrize("mutate", MUTATORS.values(), ids=MUTATORS)
def test_most_inputs_become_different_ones(mutate: Mutate) -> None:
    made = {mutate(STREAM, Random(seed)) for seed in range(100)}
    assert len(made) > 50


@given(st.integers(0, 10_000))
def test_json_stays_json(seed: int) -> None:
    value = {"a": [1, "b", None, {"c": 1.5}], "d": True}
    json.dumps(mutate_json(value, Random(seed), TOKENS))
    assert value == {"a": [1, "b", None, {"c": 1.5}], "d": True}


def test_all_odd_values_can_be_written() -> None:
    assert all(json.dumps(value) for value in ODD)


@given(st.lists(st.builds(Message, st.sampled_from(Kind), st.integers(0, 2**32 - 1), st.sampled_from(["", "a", "é"]))))
def test_a_stream_is_split_into_its_messages(messages: list[Message]) -> None:
    parts, rest = split(b"".join(map(encode, messages)) + b"\0\0")
    assert rest == b"\0\0"
    assert [(kind, number, text.decode()) for _, kind, number, text in parts] == [
        (message.kind, message.number, message.text) for message in messages
    ]
