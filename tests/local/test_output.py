"""What the server prints arrives, and whoever does not read it holds up nobody."""

import contextlib
import io
import os
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TextIO

import pytest

from runtime.local.output import END_SECONDS, WAITING_CHARACTERS, Output, never_waiting

LINE = "x" * 99 + "\n"
PATIENCE = 10


@dataclass
class Pipe:
    """An output whose reader is a test."""

    output: Output
    read_end: int
    stream: TextIO

    def read_all(self) -> str:
        """Everything until the writer closes."""
        chunks = []
        while chunk := os.read(self.read_end, 65536):
            chunks.append(chunk)
        return b"".join(chunks).decode()


@pytest.fixture
def pipe() -> Iterator[Pipe]:
    read_end, write_end = os.pipe()
    stream = os.fdopen(write_end, "w", encoding="utf-8")
    yield Pipe(Output(stream), read_end, stream)
    for close in (lambda: os.close(read_end), stream.close):
        with contextlib.suppress(OSError):
            close()


def test_all_arrives_in_order(pipe: Pipe) -> None:
    for number in range(1000):
        print(f"line {number} ä", file=pipe.output)
    threading.Thread(target=lambda: (pipe.output.finish(), pipe.stream.close())).start()
    assert pipe.read_all() == "".join(f"line {number} ä\n" for number in range(1000))


def test_what_nobody_reads_is_left_out_and_told(pipe: Pipe) -> None:
    written = 3 * WAITING_CHARACTERS // len(LINE)
    began = time.monotonic()
    for _ in range(written):
        pipe.output.write(LINE)
    assert time.monotonic() - began < PATIENCE
    received: list[str] = []
    reader = threading.Thread(target=lambda: received.append(pipe.read_all()))
    reader.start()
    while pipe.output.waiting:
        time.sleep(0.01)
    pipe.output.write("at last\n")
    pipe.output.finish()
    pipe.stream.close()
    reader.join(PATIENCE)
    lines = received[0].splitlines(keepends=True)
    notes = [line for line in lines if line.startswith("[")]
    left_out = sum(int("".join(filter(str.isdigit, note))) for note in notes)
    assert set(lines) == {LINE, *notes, "at last\n"}
    assert left_out > 0
    assert lines.count(LINE) + left_out == written
    assert lines[-1] == "at last\n"


def test_the_end_does_not_wait_for_long(pipe: Pipe) -> None:
    for _ in range(2 * 65536 // len(LINE)):
        pipe.output.write(LINE)
    began = time.monotonic()
    pipe.output.finish()
    assert time.monotonic() - began < END_SECONDS + PATIENCE


def test_a_reader_that_has_gone(pipe: Pipe) -> None:
    os.close(pipe.read_end)
    for _ in range(3):
        print("hello", file=pipe.output, flush=True)
        time.sleep(0.05)
    pipe.output.finish()


def test_it_is_like_the_stream_behind_it() -> None:
    with open(os.devnull, "w", encoding="latin-1") as stream:
        output = Output(stream)
        assert (output.encoding, output.isatty(), output.fileno()) == ("latin-1", False, stream.fileno())
        output.write("→\n")
        output.finish()


def test_standard_output_and_error_for_a_while(capfd: pytest.CaptureFixture[str]) -> None:
    before = sys.stdout, sys.stderr
    with never_waiting():
        print("out")
        print("error", file=sys.stderr)
    assert (sys.stdout, sys.stderr) == before
    assert capfd.readouterr() == ("out\n", "error\n")


def test_standard_output_that_is_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdout", None)
    with never_waiting():
        assert isinstance(sys.stdout, io.TextIOBase)
        print("to nobody")
    assert sys.stdout is None
