"""What a server prints, without ever waiting for whoever reads it."""

import contextlib
import io
import logging
import os
import sys
import threading
from collections import deque
from collections.abc import Iterator
from typing import TextIO

WAITING_CHARACTERS = 1024 * 1024
"""What may wait for a reader that is slow; what comes beyond it is left out, and a line says so."""

PAUSE_SECONDS = 0.02
"""How long lines gather when they come thick and fast; one that comes alone is written at once."""

END_SECONDS = 1.0
"""How long the end of the server waits for the reader."""


class Output(io.TextIOBase):
    """Standard output or standard error, written to by a thread of its own.

    A pipe takes 64 KB (pipe(7)) and then holds up whoever writes to it, until somebody reads. A server whose log
    nobody reads has to go on all the same; and so it does when the reader has gone or the disk under it is full.
    """

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._descriptor = stream.fileno()
        self._waiting: deque[str] = deque()
        self._size = 0
        self._lines_left_out = 0
        self._writing = False
        self._closed = False
        self._changed = threading.Condition()
        self._hurry = threading.Event()
        self._thread = threading.Thread(target=self._work, name=f"output {self._descriptor}", daemon=True)
        self._thread.start()

    @property
    def encoding(self) -> str:  # type: ignore[override]
        return self._stream.encoding

    @property
    def waiting(self) -> int:
        """Characters that wait to be written."""
        return self._size

    def isatty(self) -> bool:
        return self._stream.isatty()

    def fileno(self) -> int:
        return self._descriptor

    def writable(self) -> bool:
        return True

    def write(self, text: str) -> int:
        with self._changed:
            if self._size + len(text) > WAITING_CHARACTERS:
                self._lines_left_out += text.count("\n")
            elif text:
                self._put(self._note_of_lines_left_out() + text)
        return len(text)

    def finish(self) -> None:
        """Wait a little until all is written. What is written from now on is left out."""
        self._hurry.set()
        with self._changed:
            if note := self._note_of_lines_left_out():
                self._put(note)
            self._changed.wait_for(lambda: not self._waiting and not self._writing, END_SECONDS)
            self._closed = True
            self._changed.notify_all()

    def _put(self, text: str) -> None:
        self._waiting.append(text)
        self._size += len(text)
        self._changed.notify_all()

    def _note_of_lines_left_out(self) -> str:
        number, self._lines_left_out = self._lines_left_out, 0
        return f"[Nobody read this in time: {number} lines are left out here.]\n" if number else ""

    def _work(self) -> None:
        while (text := self._next()) is not None:
            # Past the stream's own buffer, whose lock would hold up the end of the process. A reader that has gone, or
            # a full disk, costs these lines; the next ones are tried again.
            with contextlib.suppress(OSError):
                _write(self._descriptor, text.encode(self.encoding, "backslashreplace"))
            with self._changed:
                self._writing = False
                self._changed.notify_all()
            self._hurry.wait(PAUSE_SECONDS)

    def _next(self) -> str | None:
        with self._changed:
            self._changed.wait_for(lambda: self._waiting or self._closed)
            if self._closed:
                return None
            text = "".join(self._waiting)
            self._waiting.clear()
            self._size = 0
            self._writing = True
            return text


@contextlib.contextmanager
def never_waiting() -> Iterator[None]:
    """Standard output and standard error as such `Output` while this lasts. One that is closed takes and loses all."""
    _open_standard_descriptors()
    with contextlib.ExitStack() as stack:
        streams = [stream or stack.enter_context(open(os.devnull, "w")) for stream in (sys.stdout, sys.stderr)]
        for stream in streams:
            stream.flush()
        outputs = [Output(stream) for stream in streams]
        if os.path.sameopenfile(*(stream.fileno() for stream in streams)):
            outputs[1] = outputs[0]  # so that lines of both stay in their order
        for output in set(outputs):
            stack.callback(output.finish)
        stack.enter_context(contextlib.redirect_stdout(outputs[0]))
        stack.enter_context(contextlib.redirect_stderr(outputs[1]))
        yield


def log_to_standard_error() -> None:
    """Print what this process has to say of itself, from `info` on, and warnings of others."""
    logging.basicConfig(format="%(levelname)s: %(message)s")
    logging.getLogger("runtime").setLevel(logging.INFO)


def _open_standard_descriptors() -> None:
    """Let no other file get the numbers 0 to 2: what is printed would go there, whatever it is."""
    while (descriptor := os.open(os.devnull, os.O_RDWR)) <= 2:
        pass
    os.close(descriptor)


def _write(descriptor: int, content: bytes) -> None:
    rest = memoryview(content)
    while rest:
        rest = rest[os.write(descriptor, rest) :]
