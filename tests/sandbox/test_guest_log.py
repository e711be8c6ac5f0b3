"""What user code writes: print, the log of `cloud`, and the logging and warnings of the standard library."""

import time

import pytest

from tests.sandbox.guest_calls import Call, awaiting, plain

CUT = "x" * 16_384

# name: (source, lines: level and message)
PRINTED: dict[str, tuple[str, list[tuple[str, str]]]] = {
    "print": (plain("print('a', 1, None)"), [("info", "a 1 None")]),
    "an empty line": (plain("print()"), [("info", "")]),
    "several lines at once": (plain("print('a\\nb')"), [("info", "a"), ("info", "b")]),
    "without an end of line": (plain("print('a', end='')"), [("info", "a")]),
    "pieces of a line": (plain("print('a', end=' '); print('b', end=' '); print('c')"), [("info", "a b c")]),
    "with separators": (plain("print('a', 'b', sep='|', end='!\\n', flush=True)"), [("info", "a|b!")]),
    "unicode": (plain("print('é \U0001f600 \\u2028 \\t\\r')"), [("info", "é \U0001f600 \u2028 \t\r")]),
    "half of a surrogate pair": (plain("print('\\ud83d')"), [("info", "\ud83d")]),
    "sys.stdout.write": (plain("import sys; sys.stdout.write('a\\nb')"), [("info", "a"), ("info", "b")]),
    "writelines": (plain("import sys; sys.stdout.writelines(['a\\n', 'b\\n'])"), [("info", "a"), ("info", "b")]),
    "sys.stderr": (plain("import sys; print('a', file=sys.stderr)"), [("error", "a")]),
    "both, in order": (plain("import sys; print('a'); print('b', file=sys.stderr); print('c')"), [("info", "a"), ("error", "b"), ("info", "c")]),
    "a huge line": (plain("print('x' * 100_000); print('next')"), [("info", f"{CUT}... (100000 characters)"), ("info", "next")]),
    "a huge line in pieces": (plain("for _ in range(3): print('x' * 10_000, end='')\nprint(); print('next')"),
                              [("info", f"{CUT}... (20000 characters)"), ("info", "x" * 10_000), ("info", "next")]),
    "at the top level": ("print('top')\n" + plain("print('handler')"), [("info", "top"), ("info", "handler")]),
    "in a shared file": (plain("import shared.loud"), [("info", "loud")]),
    "before a failure": (plain("print('a', end=''); 1 / 0"), [("info", "a")]),
    "before a failure at the top level": ("print('a')\n1 / 0", [("info", "a")]),
    "redirected": (plain("import contextlib, io\nwith contextlib.redirect_stdout(io.StringIO()) as text: print('a')\nprint(text.getvalue() * 2, end='')"), [("info", "a"), ("info", "a")]),
    "by a task": (awaiting("async def tell(): print('a')\nasyncio.create_task(tell())"), [("info", "a")]),
    "by pprint": (plain("from pprint import pprint; pprint({'a': 1})"), [("info", "{'a': 1}")]),
    "a value that is still to come": (awaiting("print(functions.call('echo', [1]))"), [("info", "[1]")]),
    "a traceback": (plain("import traceback\ntry: 1 / 0\nexcept ZeroDivisionError: traceback.print_exc()"), [
        ("error", "Traceback (most recent call last):"), ("error", '  File "functions/f.py", line 5, in on_request'),
        ("error", "    try: 1 / 0"), ("error", "         ~~^~~"), ("error", "ZeroDivisionError: division by zero")]),
    "log": (plain("log.debug('a'); log.info('b'); log.warning('c'); log.error('d')"), [("debug", "a"), ("info", "b"), ("warning", "c"), ("error", "d")]),
    "a log of any value": (plain("log.info({'a': (1, None)}); log.info(ValueError('x')); log.info('a\\nb')"), [("info", "{'a': (1, None)}"), ("info", "x"), ("info", "a\nb")]),
    "a log of what has no text": (plain("class Mute:\n    def __str__(self): 1 / 0\nlog.info(Mute())"), [("info", "(Mute, whose text could not be made: ZeroDivisionError)")]),
    "a huge message": (plain("log.info('x' * 50_000)"), [("info", f"{CUT}... (50000 characters)")]),
    "logging": (plain("import logging; logger = logging.getLogger('app'); logger.warning('a %s', 1); logger.error('b'); logger.info('not shown')"), [("warning", "a 1"), ("error", "b")]),
    "logging as configured": (plain("import logging; logging.basicConfig(level='DEBUG', format='%(levelname)s %(message)s')\nlogging.debug('a'); logging.info('b'); logging.critical('c')"),
                              [("debug", "DEBUG a"), ("info", "INFO b"), ("error", "CRITICAL c")]),
    "logging an exception": (plain("import logging\ntry: 1 / 0\nexcept ZeroDivisionError: logging.getLogger('app').exception('oops')"),
                             [("error", 'oops\nTraceback (most recent call last):\n  File "functions/f.py", line 5, in on_request\n    try: 1 / 0\n         ~~^~~\nZeroDivisionError: division by zero')]),
    "logging to a stream of one's own": (plain("import io, logging; text = io.StringIO(); logging.basicConfig(stream=text); logging.warning('a')\nprint(text.getvalue(), end='')"), [("info", "WARNING:root:a")]),
    "a warning": (plain("import warnings; warnings.warn('careful')"), [("warning", "functions/f.py:4: UserWarning: careful")]),
    "a warning that is recorded": (plain("import warnings\nwith warnings.catch_warnings(record=True) as seen: warnings.simplefilter('always'); warnings.warn('x')\nprint(len(seen))"), [("info", "1")]),
    "a coroutine that was not awaited": (plain("async def later(): pass\nlater()"), [("warning", "functions/f.py:5: RuntimeWarning: coroutine 'on_request.<locals>.later' was never awaited")]),
}  # fmt: skip


@pytest.mark.parametrize(("source", "lines"), PRINTED.values(), ids=PRINTED)
def test_lines(call: Call, source: str, lines: list[tuple[str, str]]) -> None:
    assert call(source, shared={"loud": "print('loud')"}).log == lines


def test_a_doubtful_escape_is_warned_of(call: Call) -> None:
    ((level, message),) = call(plain("import re; re.findall('\\d', '1')")).log
    assert level == "warning"
    assert message.startswith('functions/f.py:4: SyntaxWarning: "\\d" is an invalid escape sequence.')


def test_a_logging_call_that_does_not_fit_does_not_fail(call: Call) -> None:
    outcome = call(plain("import logging; logging.getLogger('app').error('%d', 'x')\nreturn 1"))
    assert outcome.value == 1
    assert ("error", "--- Logging error ---") in outcome.log


# name: (arguments of log.info, the fields as they are told)
FIELDS: dict[str, tuple[str, dict[str, object]]] = {
    "values": ("a=1, b='x', c=[1.5, None], d={'e': True}", {"a": 1, "b": "x", "c": [1.5, None], "d": {"e": True}}),
    "names that mean something here": ("message='m', level='l', self=1, fields=2, time=3", {"message": "m", "level": "l", "self": 1, "fields": 2, "time": 3}),
    "a date": ("at=__import__('datetime').date(2024, 1, 2)", {"at": "2024-01-02"}),
    "a value that is still to come": ("it=functions.call('echo', {'a': 1})", {"it": {"a": 1}}),
    "headers": ("headers=request.headers", {"headers": {"x-a": "b"}}),
    "an object": ("error=ValueError('x')", {"error": "x"}),
    "a set inside": ("a=[{1}]", {"a": ["{1}"]}),
    "NaN": ("a=float('nan')", {"a": "nan"}),
    "keys that are no texts": ("a={(1, 2): 3, 'b': 4}", {"a": {"b": 4}}),
    "what contains itself": ("a=(x := []).append(x) or x", {"a": "[[...]]"}),
    "what is too large": ("a='x' * 20_000, b=1", {"a": '"' + CUT[1:] + "... (20002 characters)", "b": 1}),
    "what has no text": ("a=type('Mute', (), {'__str__': lambda self: 1 / 0})()", {"a": "(Mute, whose text could not be made: ZeroDivisionError)"}),
}  # fmt: skip


@pytest.mark.parametrize("write", [plain, awaiting], ids=["def", "async def"])
@pytest.mark.parametrize(("arguments", "fields"), FIELDS.values(), ids=FIELDS)
def test_fields(call: Call, arguments: str, fields: dict[str, object], write: object) -> None:
    assert callable(write)
    (line,) = call(write(f"log.info('told', {arguments})"), request={"headers": {"x-a": "b"}}).lines
    assert line.pop("time") == pytest.approx(time.time(), abs=60)
    assert line == {"level": "info", "message": "told", "fields": fields}


def test_a_line_leaves_at_once_and_survives_what_comes_next(call: Call) -> None:
    outcome = call(plain("print('before'); import os; os.abort()"))
    assert outcome.log == [("info", "before")]
