"""The messages between this process and a runner."""

import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runtime.sandbox.wire import (
    HEADER,
    LONGEST_MESSAGE,
    BrokenWire,
    Kind,
    Message,
    encode,
    read_blocking,
    write_blocking,
)

texts = st.text(st.characters(exclude_categories=["Cs"]))


@given(st.sampled_from(Kind), st.integers(0, 2**32 - 1), texts)
def test_a_message_arrives_as_it_was_sent(kind: Kind, number: int, text: str) -> None:
    message = Message(kind, number, text)
    reader, writer = os.pipe()
    try:
        write_blocking(writer, message)
        assert read_blocking(reader) == message
    finally:
        os.close(reader)
        os.close(writer)


BROKEN = {
    "nothing": b"",
    "half a header": b"\0\0\0",
    "no such kind": HEADER.pack(0, 99, 0),
    "half a text": encode(Message(Kind.LOG, text="hello"))[:-1],
    "not UTF-8": HEADER.pack(1, Kind.LOG, 0) + b"\xff",
    "far too long": HEADER.pack(LONGEST_MESSAGE + 1, Kind.LOG, 0),
}


@pytest.mark.parametrize("content", BROKEN.values(), ids=BROKEN)
def test_what_is_no_message_is_refused(content: bytes) -> None:
    reader, writer = os.pipe()
    os.write(writer, content)
    os.close(writer)
    try:
        with pytest.raises(BrokenWire):
            read_blocking(reader)
    finally:
        os.close(reader)


@given(st.binary(max_size=64))
def test_any_bytes_are_a_message_or_refused(content: bytes) -> None:
    reader, writer = os.pipe()
    os.write(writer, content)
    os.close(writer)
    try:
        while True:
            read_blocking(reader)
    except BrokenWire:
        pass
    finally:
        os.close(reader)


def test_writing_to_a_runner_that_has_gone_is_a_broken_wire() -> None:
    reader, writer = os.pipe()
    os.close(reader)
    try:
        with pytest.raises(BrokenWire):
            write_blocking(writer, Message(Kind.LOG))
    finally:
        os.close(writer)
