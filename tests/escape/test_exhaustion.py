"""Too much of anything: memory, depth, numbers, patterns, time, output, calls. It ends, and only for who wanted it."""

import time
from collections.abc import Callable

from runtime.application import Application
from tests.cloudcode.calling import app_of, call
from tests.escape.attempts import OUT_OF_TIME, TOO_DEEP, Answers, Attempt, Fails, Stage, rows
from tests.escape.hostile_server import ORIGIN

NO_MEMORY = Fails(901, "MemoryError")
NO_MEMORY_OR_CRASH = Fails(901, ("MemoryError", "SandboxCrash"))
"""A collection of garbage may be what meets the limit, and then the interpreter aborts."""
TOO_LARGE = Fails(901, "AnswerTooLarge", "the limit is 6 MB")
TOO_MUCH_AT_ONCE = Fails(901, "SandboxCrash", "handed the host more than 16 MB at once")
SHORT = 0.5
"""Seconds for what never ends by itself."""

NEST = "nested = []\nfor _ in range(100_000): nested = [nested]\n"
NO_LIMIT = "sys.setrecursionlimit(2**31 - 1)\n"

MEMORY = [
    Attempt("one big object", "return len(bytearray(500_000_000))", NO_MEMORY),
    Attempt("a text a billion times", "return len('x' * 10**9)", NO_MEMORY),
    Attempt("a list that grows", "kept = []\nwhile True: kept.append('x' * 100_000 + str(len(kept)))", NO_MEMORY),
    Attempt("a dict that grows", "kept = {}\nwhile True: kept[len(kept)] = str(len(kept))", NO_MEMORY),
    Attempt("lists of itself", "kept = []\nwhile True: kept.append(kept[:1000])", NO_MEMORY_OR_CRASH),
    Attempt("a format that is too wide", "return len('{:2000000000}'.format(1))", NO_MEMORY),
    Attempt("a struct that is too long", "import struct; return len(struct.pack('2000000000x'))", NO_MEMORY),
    Attempt("more random bytes than there is room for", "return len(os.urandom(10**9))", NO_MEMORY),
    Attempt("a product without end", "import itertools; list(itertools.product(range(1000), repeat=3))", NO_MEMORY),
    Attempt("a text that normalises to eighteen times as much", "import unicodedata; unicodedata.normalize('NFKC', '\\ufdfa' * 10**7)", NO_MEMORY),
    Attempt("a size beyond all", "return len('x' * 2**63)", Fails(901, "OverflowError")),
    Attempt("memory that runs out, caught", """
        kept = []
        while True:
            try: kept.append(bytearray(10_000_000))
            except MemoryError: return len(kept) < 13
        """, Answers(True)),
    Attempt("memory that runs out again and again", """
        kept = []
        while True:
            try: kept.append(bytearray(1_000_000))
            except MemoryError: pass
        """, OUT_OF_TIME, seconds=SHORT),
    Attempt("nothing left to answer with", """
        global kept
        kept = []
        try:
            while True: kept.append(bytearray(100))
        except MemoryError: pass
        return list(range(1_000_000))
        """, Fails(901, ("SandboxCrash", "MemoryError"))),
    Attempt("a big object at the top level", "x = bytearray(500_000_000)\ndef on_request(request, response): return 1", NO_MEMORY),
    Attempt("a blob in a database", """
        import sqlite3
        return len(sqlite3.connect(':memory:').execute('SELECT zeroblob(900000000)').fetchone()[0])
        """, NO_MEMORY),
    Attempt("ten thousand tasks", "return sum(await asyncio.gather(*(asyncio.sleep(0, 1) for _ in range(10_000))))", Answers(10_000)),
]  # fmt: skip

DEPTH = [
    Attempt("a recursion", "def again(): return again()\nagain()", Fails(901, "RecursionError")),
    Attempt("a recursion without a limit", NO_LIMIT + "def again(): return again()\nagain()", TOO_DEEP),
    Attempt("a recursion through attributes", NO_LIMIT + """
class Endless:
    def __getattr__(self, name): return getattr(self, name + 'x')
Endless().a
""", TOO_DEEP),
    Attempt("a recursion at the top level", "def again(): return again()\nagain()\ndef on_request(request, response): return 1", Fails(901, "RecursionError")),
    Attempt("a deep list shown", NEST + "repr(nested)", TOO_DEEP),
    Attempt("a deep list let go", "nested = []\nfor _ in range(1_000_000): nested = [nested]\ndel nested\nreturn 1", TOO_DEEP),
    Attempt("a deep list copied", "import copy\n" + NEST + "copy.deepcopy(nested)", TOO_DEEP),
    Attempt("a deep list as JSON", NO_LIMIT + NEST + "json.dumps(nested)", TOO_DEEP),
    Attempt("deep JSON", "json.loads('[' * 1_000_000)", TOO_DEEP),
    Attempt("a deep list pickled", "import pickle\n" + NO_LIMIT + NEST + "pickle.dumps(nested)", TOO_DEEP),
    Attempt("a deep list answered", NEST + "response.body = nested", TOO_DEEP),
    Attempt("two hundred brackets answered", "nested = 1\nfor _ in range(199): nested = [nested]\nreturn nested", Answers(eval("[" * 199 + "1" + "]" * 199))),  # noqa: S307
    Attempt("a value in itself", "value = []\nvalue.append(value)\nreturn value", Fails(901, "NotAnAnswer", "contains itself")),
    Attempt("iterators in iterators", "x = iter([1])\nfor _ in range(100_000): x = map(int, x)\nreturn list(x)", TOO_DEEP),
    Attempt("brackets for the compiler", "eval('(' * 100_000 + ')' * 100_000)", Fails(901, "MemoryError", "too complex to parse")),
    Attempt("signs for the compiler", "eval('-' * 1_000_000 + '1')", Fails(901, "MemoryError", "too complex to parse")),
    Attempt("a sum for the compiler", "eval('+'.join(['1'] * 20_000))", TOO_DEEP),
    Attempt("brackets in the file itself", "x = " + "(" * 1000 + ")" * 1000 + "\ndef on_request(request, response): return 1", Fails(951, "SyntaxError", "too complex to parse")),
    Attempt("a sum in the file itself", "x = " + "+".join(["1"] * 20_000) + "\ndef on_request(request, response): return 1", TOO_DEEP),
    Attempt("groups in a pattern", "import re; re.compile('(' * 100_000 + ')' * 100_000)", Fails(901, "RecursionError")),
    Attempt("groups of exceptions", """
        failure = ValueError('inside')
        for _ in range(100_000): failure = ExceptionGroup('around', [failure])
        raise failure
        """, Fails(901, "RecursionError")),
    Attempt("exceptions that cause each other", "a, b = ValueError('a'), ValueError('b')\na.__cause__, b.__cause__ = b, a\nraise a", Fails(901, "ValueError")),
]  # fmt: skip

NUMBERS_AND_PATTERNS = [
    Attempt("a power of a power", "return len(str(10**10**8))", OUT_OF_TIME, seconds=SHORT),
    Attempt("a power while the file is compiled", "x = 9 ** 9 ** 9\nreturn 1", OUT_OF_TIME, seconds=SHORT),
    Attempt("squares of squares", "x = 3\nwhile True: x *= x", OUT_OF_TIME, seconds=SHORT),
    Attempt("a factorial", "import math; math.factorial(10**7)", OUT_OF_TIME, seconds=SHORT),
    Attempt("a number of a million digits", "int('9' * 10**6)", Fails(901, "ValueError", "Exceeds the limit (4300 digits)")),
    Attempt("a number that is too long to write", "return str(10**5000)", Fails(901, "ValueError", "Exceeds the limit (4300 digits)")),
    Attempt("a shift beyond all", "return 1 << 2**40", Fails(901, "OverflowError")),
    Attempt("a fraction that is one number", "import fractions; return str(fractions.Fraction('1e100000000'))", OUT_OF_TIME, seconds=SHORT),
    Attempt("a sum without end", "return sum(range(10**12))", OUT_OF_TIME, seconds=SHORT),
    Attempt("a pattern that backtracks", "import re; re.match(r'(a+)+$', 'a' * 40 + 'b')", OUT_OF_TIME, seconds=SHORT),
    Attempt("a pattern that backtracks, in verbose words", "import re; re.search(r'^(([a-z])+.)+[A-Z]([a-z])+$', 'a' * 60)", OUT_OF_TIME, seconds=SHORT),
    Attempt("keys that all hash alike", """
        class Key:
            def __hash__(self): return 1
        return len({Key() for _ in range(100_000)})
        """, OUT_OF_TIME, seconds=SHORT),
    Attempt("a key derived a billion times", "import hashlib; hashlib.pbkdf2_hmac('sha256', b'x', b'y', 10**9)", OUT_OF_TIME, seconds=SHORT),
    Attempt("SQL without end", """
        import sqlite3
        endless = 'WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) SELECT count(*) FROM c'
        sqlite3.connect(':memory:').execute(endless).fetchall()
        """, OUT_OF_TIME, seconds=SHORT),
]  # fmt: skip

NEVER_ENDING = [
    Attempt("a sleep", "time.sleep(1e9)", OUT_OF_TIME, seconds=SHORT),
    Attempt("a sleep beyond all time", "await asyncio.sleep(1e300)", OUT_OF_TIME, seconds=SHORT),
    Attempt("a loop at the top level", "while True: pass\ndef on_request(request, response): return 1",
            Fails(902, words="Loading functions/a_loop_at_the_top_level.py"), seconds=SHORT),
    Attempt("a finaliser", "class Endless:\n    def __del__(self):\n        while True: pass\nEndless()", OUT_OF_TIME, seconds=SHORT),
    Attempt("a callback of the collector", "def endless(*_):\n    while True: pass\ngc.callbacks.append(endless)\ngc.collect()", OUT_OF_TIME, seconds=SHORT),
    Attempt("a trace function", "def endless(*_):\n    while True: pass\nsys.settrace(endless)\nreturn json.dumps(1)", OUT_OF_TIME, seconds=SHORT),
    Attempt("a handler for the exit, which never comes", "import atexit\natexit.register(lambda: list(iter(int, 1)))\nreturn 'ended'", Answers("ended")),
    Attempt("a comparison", """
        class Endless:
            def __eq__(self, other):
                while True: pass
        return Endless() == 1
        """, OUT_OF_TIME, seconds=SHORT),
    Attempt("the text of an exception", """
        class Failure(Exception):
            def __str__(self):
                while True: pass
        raise Failure
        """, OUT_OF_TIME, seconds=SHORT),
    Attempt("a status that compares for ever", """
        class Status(int):
            def __le__(self, other):
                while True: pass
            __ge__ = __le__
        response.status_code = Status(200)
        """, OUT_OF_TIME, seconds=SHORT),
    Attempt("a mapping that never ends", """
        from collections.abc import Mapping
        class Endless(Mapping):
            def __iter__(self):
                # Slowly: the keys are put into a list first, and time has to run out before memory does.
                while sum(range(10_000)): yield 'the same key'
            def __len__(self): return 1
            def __getitem__(self, key): return 1
        return Endless()
        """, OUT_OF_TIME, seconds=SHORT),
    Attempt("a mapping with ever more keys", """
        from collections.abc import Mapping
        import itertools
        class Endless(Mapping):
            def __iter__(self): return map(str, itertools.count())
            def __len__(self): return 1
            def __getitem__(self, key): return 1
        return Endless()
        """, NO_MEMORY),
    Attempt("a cancel that is caught for ever", """
        while True:
            try: request.cancel()
            except BaseException: pass
        """, OUT_OF_TIME, seconds=SHORT),
    Attempt("a generator's end", """
        def endless():
            try: yield
            finally:
                while True: pass
        started = endless()
        next(started)
        del started
        """, OUT_OF_TIME, seconds=SHORT),
    Attempt("an asynchronous generator's end", """
        async def endless():
            try: yield
            finally:
                while True: await asyncio.sleep(0)
        await anext(endless())
        return 1
        """, OUT_OF_TIME, seconds=SHORT),
    Attempt("a task that refuses to be cancelled", """
        async def stubborn():
            while True:
                try: await asyncio.sleep(100)
                except asyncio.CancelledError: pass
        task = asyncio.create_task(stubborn())
        await asyncio.sleep(0)
        task.cancel()
        await task
        """, OUT_OF_TIME, seconds=SHORT),
    Attempt("a task that is left behind", """
        async def endless():
            while True: await asyncio.sleep(0)
        kept = asyncio.create_task(endless())
        await asyncio.sleep(0)
        return 1
        """, OUT_OF_TIME, seconds=SHORT),
    Attempt("tasks that start tasks", "async def again(): asyncio.create_task(again())\nawait again()\nreturn 1", OUT_OF_TIME, seconds=SHORT),
    Attempt("a callback that comes again", """
        def again(): asyncio.get_running_loop().call_soon(again)
        again()
        await asyncio.sleep(10**6)
        """, OUT_OF_TIME, seconds=SHORT),
    Attempt("a select of nothing", """
        import _imp, types
        select = _imp.create_builtin(types.SimpleNamespace(name='select', origin='built-in'))
        _imp.exec_builtin(select)
        select.select([], [], [])
        """, Fails(901, "SandboxCrash")),
]  # fmt: skip

OUTPUT = [
    Attempt("a log without end", "while True: print('x' * 1000)", OUT_OF_TIME, seconds=SHORT),
    Attempt("empty lines without end", "while True: print()", OUT_OF_TIME, seconds=SHORT),
    Attempt("one line of fifty megabytes", "print('x' * 50_000_000)\nreturn 1", Answers(1)),
    Attempt("one line past the guest", "import wit_world; wit_world.log('x' * 20_000_000)", TOO_MUCH_AT_ONCE),
    Attempt("log lines of nothing but lists", "import wit_world\nfor _ in range(20): wit_world.log('[' + '[],' * 3_000_000 + '1]')\nreturn 1", Answers(1)),
    Attempt("an answer that is too large", "return 'x' * 6_300_000", TOO_LARGE),
    Attempt("an answer beyond all messages", "return 'x' * 20_000_000", TOO_MUCH_AT_ONCE),
    Attempt("an answer six times as large when escaped", "return '\\0' * 3_000_000", TOO_MUCH_AT_ONCE),
    Attempt("bytes that do not fit as base64", "return bytes(30_000_000)", NO_MEMORY),
    Attempt("twenty thousand headers", "for n in range(20_000): response.headers[f'x-{n}'] = 'y' * 400", TOO_LARGE),
    Attempt("the message of an exception", "raise ValueError('x' * 20_000_000)", Fails(901, "ValueError")),
    Attempt("an error of one's own", "raise CloudError('x' * 10_000_000, code=4001)", Fails(4001, "CloudError")),
    Attempt("a cancel with a novel", "request.cancel('x' * 10_000_000)", Fails(910)),
    Attempt("a hundred thousand exceptions", "raise ExceptionGroup('many', [ValueError(str(n)) for n in range(100_000)])", Fails(901, "ExceptionGroup")),
]  # fmt: skip

COMPRESSED = [
    Attempt("a bomb of zlib", """
        import zlib
        bomb, kept = zlib.compress(bytes(10_000_000)), []
        while True: kept.append(zlib.decompress(bomb))
        """, NO_MEMORY),
    Attempt("a bomb of gzip", "import gzip; return len(gzip.decompress(gzip.compress(bytes(10_000_000)) * 60))", NO_MEMORY),
    Attempt("a bomb in a zip file", """
        import zipfile
        file, name = io.BytesIO(), 'zeros'
        with zipfile.ZipFile(file, 'w', zipfile.ZIP_DEFLATED) as archive: archive.writestr(name, bytes(20_000_000))
        with zipfile.ZipFile(file) as archive: return len([archive.read(name) for _ in range(20)])
        """, NO_MEMORY),
    Attempt("a bomb in an answer, decompressed once more", f"""
        import gzip
        inner = http.get('{ORIGIN}/bomb-in-a-bomb').body
        return len([gzip.decompress(inner) for _ in range(5)])
        """, NO_MEMORY),
    Attempt("a billion laughs", """
        import xml.etree.ElementTree as tree
        entities = ''.join(f'<!ENTITY l{n} "' + f'&l{n - 1};' * 10 + '">' for n in range(1, 12))
        return len(tree.fromstring(f'<!DOCTYPE a [<!ENTITY l0 "lol">{entities}]><a>&l11;</a>').text)
        """, Fails(901, "ParseError", "amplification")),
    Attempt("one long entity, often", """
        import xml.etree.ElementTree as tree
        entity = f'<!DOCTYPE a [<!ENTITY b "{"x" * 100_000}">]>'
        return len(tree.fromstring(entity + '<a>' + '&b;' * 5000 + '</a>').text)
        """, Fails(901, "ParseError", "amplification")),
]  # fmt: skip

HOST_CALLS = [
    Attempt("a hundred thousand calls to the host", "for n in range(100_000): secrets.get(f'NAME_{n}')", Fails(901, "RuntimeError", "used up its 1000 calls")),
    Attempt("calls to the host beyond the limit, caught", """
        refused = 0
        for n in range(1500):
            try: secrets.get(f'NAME_{n}')
            except RuntimeError: refused += 1
        return refused
        """, Answers(500)),
    Attempt("calls to the host that nobody waits for", "import wit_world\nwhile True: wit_world.start('nope', '{}')", Fails(901, "SandboxCrash", "more calls to the host than can wait")),
    Attempt("a function that calls itself", "return functions.call('a_function_that_calls_itself')", Fails(617, "CloudError", "nested deeper than 8")),
    Attempt("a function that calls itself twice", """
        return await asyncio.gather(*(functions.call('a_function_that_calls_itself_twice') for _ in range(2)))
        """, Fails(617, "CloudError", "nested deeper than 8")),
]  # fmt: skip

ATTEMPTS = [*MEMORY, *DEPTH, *NUMBERS_AND_PATTERNS, *NEVER_ENDING, *OUTPUT, *COMPRESSED, *HOST_CALLS]


@rows(ATTEMPTS)
def test_attempt(stage: Stage, attempt: Attempt) -> None:
    stage.carry_out(attempt)


def test_runners_held_by_nested_calls_are_enough_for_all_that_calls_need(
    make_application: Callable[..., Application],
) -> None:
    """With the fewest runners there are, one call holds all that plain calls may have, and calls what nobody has yet."""
    files = {
        "functions/outer.py": "from cloud import functions\ndef on_request(request): return functions.call('inner')",
        "functions/inner.py": "from cloud import functions\ndef on_request(request): return functions.call('innermost')",
        "functions/innermost.py": "def on_request(request): return 'innermost'",
    }
    application = make_application(app_of(files), runners=9, budget_seconds=9)
    started = time.monotonic()
    assert call(application, "outer").json == "innermost"
    assert time.monotonic() - started < 8  # what waits for a runner in vain waits until the deadline, or ten seconds
