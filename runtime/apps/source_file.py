"""Reads one file of an app folder."""

import os
import stat
from pathlib import Path

from runtime.apps.problem import AppFolderError, Problem

SIZE_LIMIT = 1024 * 1024
"""Bytes."""


def read_source(root: Path, path: str) -> str:
    """The text of the file at `path`, which is relative to `root`, the resolved app folder.

    Text is UTF-8, with or without a byte order mark; a coding comment in a Python file changes nothing. Raises
    AppFolderError for anything but a regular file inside the folder, of at most SIZE_LIMIT bytes.
    """
    try:
        real = Path(os.path.realpath(root / path, strict=True))
        if not real.is_relative_to(root):
            raise _error(path, "leads out of the app folder; copy the file into it")
        if not stat.S_ISREG(real.stat().st_mode):  # to open a named pipe would wait for its writer
            raise _error(path, "is not a file")
        with real.open("rb") as file:
            content = file.read(SIZE_LIMIT + 1)
    except OSError as error:
        raise _error(path, f"cannot be read: {error.strerror}") from None
    if len(content) > SIZE_LIMIT:
        raise _error(path, f"is larger than {SIZE_LIMIT // 1024} KB")
    return _decode(path, content)


def _decode(path: str, content: bytes) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        # The positions count from behind the byte order mark.
        wrong = error.object[error.start]
        line = error.object.count(b"\n", 0, error.start) + 1
        raise _error(path, f"is not UTF-8 text (byte 0x{wrong:02x}); save it as UTF-8", line) from None


def _error(path: str, message: str, line: int | None = None) -> AppFolderError:
    return AppFolderError([Problem(path, line, None, message)])
