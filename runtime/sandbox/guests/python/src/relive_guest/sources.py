"""User code's own files, by their paths inside the app folder."""

import base64
import marshal
from collections.abc import Mapping
from types import CodeType

_files: dict[str, str] = {}
_compiled: dict[str, str] = {}


def remember(files: Mapping[str, str], compiled: Mapping[str, str]) -> None:
    """Take note of the files of this call, and of the code of those that were compiled ahead: marshalled, in base64."""
    _files.update(files)
    _compiled.update(compiled)


def has(path: str | None) -> bool:
    return path in _files


def text(path: str) -> str:
    """The source of a file; empty for one that there is not."""
    return _files.get(path, "")


def line(path: str, number: int | None) -> str:
    """One line of a file, without its indentation."""
    lines = text(path).splitlines()
    return lines[number - 1].strip() if number and number <= len(lines) else ""


def forget_call() -> None:
    """Be as before any call."""
    _files.clear()
    _compiled.clear()


def code(path: str) -> CodeType:
    """The code of a file, compiled ahead or now. Raises SyntaxError."""
    if path in _compiled:
        ahead: CodeType = marshal.loads(base64.b64decode(_compiled[path]))
        return ahead
    return compiled(path, text(path))


def compiled(path: str, source: str) -> CodeType:
    """The code of a file. Raises SyntaxError with the file's name, whatever the compiler had to say."""
    try:
        return compile(source, path, "exec", dont_inherit=True)
    except SyntaxError as error:
        error.filename = path  # it names none when the source cannot be read at all
        raise
    except (ValueError, OverflowError, RecursionError, MemoryError) as exception:
        unreadable = SyntaxError(str(exception) or type(exception).__name__)
        unreadable.filename = path
        raise unreadable from None
