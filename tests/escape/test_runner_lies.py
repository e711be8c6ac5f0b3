"""Lies of a runner to the server: a process in its place writes what it likes to its pipe, or nothing, or hangs up.

Each ends in a known ending, by its deadline and in bounded memory; the liar is gone; the next calls are well.
"""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import pytest

from runtime.application import Application
from runtime.large_blocks import give_back_large_blocks
from runtime.sandbox import sandbox as sandbox_module
from runtime.sandbox.endings import Crashed, Ending, Finished, NotDefined, TimedOut
from runtime.sandbox.sandbox import Limits, Sandbox
from runtime.sandbox.wire import LONGEST_FROM_RUNNER, Kind
from runtime.settings import Settings
from tests.cloudcode.calling import app_of, call
from tests.conftest import MASTER_KEY
from tests.escape.lying_runner import (
    DEFINED,
    HANDLING,
    READ,
    LyingForkServer,
    Step,
    bounded_memory,
    header,
    raw,
    say,
    say_much,
)
from tests.sandbox.calls import HELLO, body, run
from tests.sandbox.processes import needs_proc

SHORT = 0.6
"""Seconds for what never ends by itself. A busy machine may need more of them to come so far."""

MOST_MEGABYTES = 300
"""What a lie may cost the server; about twice what a request may hold at most."""

ANSWER = '{"ending": "answered", "status": 200, "headers": {}, "kind": "json"}\n1'


@dataclass(frozen=True)
class Lie:
    """`ending` is the call's; of a crash its reason begins so."""

    name: str
    script: tuple[Step, ...]
    ending: Ending
    seconds: float = 30


def crash(reason: str) -> Crashed:
    return Crashed(f"the sandbox's process died: {reason}")


SILENT_WHILE_DEFINING = TimedOut(defining=True)
SILENT = TimedOut(defining=False)
HUNG_UP = crash("it closed its pipe")

SILENCE_AND_HANGING_UP = [
    Lie("silence", (), SILENT_WHILE_DEFINING, SHORT),
    Lie("silence after the definition was read", (READ,), SILENT_WHILE_DEFINING, SHORT),
    Lie("silence where the answer is due", HANDLING, SILENT, SHORT),
    Lie("an end at once", (("exit", 0),), crash("")),  # with either of its pipes: chance decides
    Lie("an end in the middle of the call", (*HANDLING, ("exit", 1)), HUNG_UP),
    Lie("its mouth closed alone", (READ, ("close", "out")), HUNG_UP),
    Lie("its ear closed alone", (READ, ("close", "in"), say(Kind.DEFINED)), crash("[Errno 32] Broken pipe")),
    Lie("half a header", (READ, raw(b"\0\0\0")), SILENT_WHILE_DEFINING, SHORT),
    Lie("half a header, and an end", (READ, raw(b"\0\0\0"), ("exit", 0)), HUNG_UP),
    Lie("half a message", (*HANDLING, raw(header(1000, Kind.ENDED) + b"x" * 999)), SILENT, SHORT),
    Lie("half a message, and an end", (*HANDLING, raw(header(1000, Kind.ENDED) + b"x" * 999), ("exit", 0)), HUNG_UP),
    Lie("a message byte by byte", (*HANDLING, ("drip", (header(500, Kind.ENDED) + b"x" * 500).hex())), SILENT, SHORT),
]  # fmt: skip

NO_MESSAGES = [
    Lie("the largest length", (READ, raw(header(2**32 - 1, Kind.DEFINED))), crash("a message of 4294967295 bytes")),
    Lie("a length just too large", (*HANDLING, raw(header(LONGEST_FROM_RUNNER + 1, Kind.ENDED))), crash("a message of ")),
    Lie("the largest message, and never its end", (*HANDLING, raw(header(LONGEST_FROM_RUNNER, Kind.LOG)), ("fill", 16_000)), SILENT, SHORT),
    Lie("an unknown kind", (READ, raw(header(0, 99))), crash("99 is no kind of message")),
    Lie("no kind", (*HANDLING, raw(header(0, 0))), crash("0 is no kind of message")),
    Lie("a text that is not UTF-8", (*HANDLING, raw(header(2, Kind.ENDED) + b"\xff\xfe")), crash("a message is not UTF-8")),
    Lie("half a character", (*HANDLING, raw(header(3, Kind.ENDED) + b"\xed\xa0\x80")), crash("a message is not UTF-8")),
    Lie("a log line that is not UTF-8", (READ, raw(header(1, Kind.LOG) + b"\x80")), crash("a message is not UTF-8")),
    Lie("HTTP", (READ, raw(b"HTTP/1.1 200 OK\r\n\r\n")), crash("a message of 1213486160 bytes")),
]  # fmt: skip

OUT_OF_TURN = [
    Lie("an answer before the event", (READ, say(Kind.ENDED, ANSWER)), crash("ENDED came out of turn")),
    Lie("a host call while defining", (READ, say(Kind.START, "echo\n{}", 1)), crash("START came out of turn")),
    Lie("a second definition", (*DEFINED, say(Kind.DEFINED)), crash("DEFINED came out of turn")),
    Lie("a failed definition after a good one", (*DEFINED, say(Kind.DEFINED, "failed")), crash("DEFINED came out of turn")),
    *(
        Lie(f"what only the server says: {kind.name}", (*HANDLING, say(kind, ANSWER, 1)), crash(f"{kind.name} came out of turn"))
        for kind in (Kind.DEFINE, Kind.HANDLE, Kind.REPLY, Kind.PREPARE)
    ),
    Lie("what only the fork server says", (READ, say(Kind.READY)), crash("READY came out of turn")),
]  # fmt: skip

HOLD_ALL = tuple(say(Kind.START, 'sleep\n{"seconds": 5}', number) for number in range(1, 17))
"""As many host calls as are worked on at once, so that further ones wait."""

FLOODS = [
    Lie("log lines without end", (READ, ("for ever", [say(Kind.LOG, '{"message": "x"}')])), SILENT_WHILE_DEFINING, SHORT),
    Lie("empty log lines without end", (*HANDLING, ("for ever", [say(Kind.LOG, '{"message": ""}', times=1000)])), SILENT, SHORT),
    Lie("huge log lines without end", (*HANDLING, ("for ever", say_much(Kind.LOG, 15_000, '{"message": "', '"}'))), SILENT, SHORT),
    Lie("host calls without end", (*HANDLING, ("for ever", [say(Kind.START, "echo\n{}", 1, 100)])), crash("it started more calls to the host")),
    Lie("host calls of which no reply is read", (*HANDLING, say(Kind.START, 'echo\n{"a": "' + "x" * 1000 + '"}', 1, 5000)), SILENT, SHORT),
    Lie("host calls that wait with huge arguments", (*HANDLING, *HOLD_ALL, ("for ever", say_much(Kind.START, 15_000, 'echo\n{"a": "', '"}', 20))), SILENT, 2.5),
    Lie("host calls that wait with huge names", (*HANDLING, *HOLD_ALL, ("for ever", say_much(Kind.START, 15_000, number=20))), SILENT, 2.5),
]  # fmt: skip

CALLS = [
    Lie("one number for many calls", (*HANDLING, say(Kind.START, "echo\n{}", 7, 100), *[READ] * 100, say(Kind.ENDED, ANSWER)), Finished(ANSWER)),
    Lie("numbers from nowhere", (*HANDLING, say(Kind.START, "echo\n{}", 2**32 - 1), READ, say(Kind.START, "echo\n{}", 0), READ, say(Kind.ENDED, ANSWER)), Finished(ANSWER)),
    Lie("an answer while a host call is under way", (*HANDLING, say(Kind.START, 'sleep\n{"seconds": 5}', 1), say(Kind.ENDED, ANSWER)), Finished(ANSWER)),
    Lie("an answer before the event was read", (*DEFINED, say(Kind.ENDED, ANSWER)), Finished(ANSWER)),
    Lie("a trap", (*HANDLING, say(Kind.TRAPPED, "as told")), Crashed("as told")),
    Lie("a trap while defining", (READ, say(Kind.TRAPPED, "as told")), Crashed("as told")),
    Lie("a definition that failed at length", (READ, *say_much(Kind.DEFINED, 15_000)), NotDefined("x" * 15_000_000)),
]  # fmt: skip

LIES = [*SILENCE_AND_HANGING_UP, *NO_MESSAGES, *OUT_OF_TURN, *FLOODS, *CALLS]


@pytest.fixture(scope="module")
def sandbox(guest: Path) -> Iterator[Sandbox]:
    """A sandbox whose fork server tells lies when it is asked to."""
    give_back_large_blocks()  # as the application does
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sandbox_module, "ForkServer", LyingForkServer)
        sandbox = Sandbox(guest, Limits(runners=4, depth=2, definition_seconds=10))
    sandbox.start()
    yield sandbox
    sandbox.close()


@pytest.fixture
def server(sandbox: Sandbox) -> LyingForkServer:
    server = sandbox._fork_server
    assert isinstance(server, LyingForkServer)
    return server


@pytest.fixture
def app() -> str:
    """An app that has no runner yet."""
    return uuid4().hex


@needs_proc
@pytest.mark.parametrize("lie", LIES, ids=lambda lie: lie.name)
def test_a_lie_ends_as_it_must(sandbox: Sandbox, server: LyingForkServer, app: str, lie: Lie) -> None:
    with bounded_memory(MOST_MEGABYTES):
        ending = lie_to(sandbox, server, app, lie, lie.seconds)
        if is_too_soon(ending, lie.ending):
            ending = lie_to(sandbox, server, f"{app} again", lie, 10 * lie.seconds)
        check(ending, lie.ending)


def lie_to(sandbox: Sandbox, server: LyingForkServer, app: str, lie: Lie, seconds: float) -> Ending:
    """How the call ends to which the lie is told. The liar is gone then, and the next calls are well."""
    with server.lying(lie.script) as liar:
        ending = run(sandbox, HELLO, app=app, seconds=seconds)
        if isinstance(ending, Crashed | TimedOut):
            assert liar.has_ended(), "a runner that lied must not be used again"
            assert body(run(sandbox, HELLO, app=app)) == "hello"
        assert body(run(sandbox, HELLO, app="another app")) == "hello"
    return ending


def is_too_soon(ending: Ending, expected: Ending) -> bool:
    """Whether the handler should run out of time, and a busy machine did not even come to it."""
    return isinstance(ending, TimedOut) and isinstance(expected, TimedOut) and ending.defining > expected.defining


def check(ending: Ending, expected: Ending) -> None:
    if isinstance(expected, Crashed):
        assert isinstance(ending, Crashed), ending
        assert ending.reason.startswith(expected.reason), ending.reason
    elif isinstance(expected, TimedOut):
        assert isinstance(ending, TimedOut), ending
        assert ending.defining == expected.defining
    else:
        assert ending == expected


# What a runner does after its answer, when it is kept for the next call of its app. It can spoil that one at most.
AFTERWARDS: dict[str, tuple[Step, ...]] = {
    "nothing any more": (),
    "ends": (("exit", 0),),
    "closes its mouth": (("close", "out"),),
    "closes its ear": (("close", "in"),),
    "answers once more": (say(Kind.ENDED, ANSWER),),
    "answers once more, later": (("sleep", 0.1), say(Kind.ENDED, ANSWER)),
    "starts a host call": (say(Kind.START, "echo\n{}", 1),),
    "logs without end": (("for ever", [say(Kind.LOG, '{"message": "x"}')]),),
    "begins a message": (raw(b"\0\0"),),
    "defines what nobody sent": (say(Kind.DEFINED), say(Kind.ENDED, ANSWER)),
}


@needs_proc
@pytest.mark.parametrize("steps", AFTERWARDS.values(), ids=AFTERWARDS)
def test_the_call_after_the_next_is_well(
    sandbox: Sandbox, server: LyingForkServer, app: str, steps: tuple[Step, ...]
) -> None:
    script = (*HANDLING, say(Kind.ENDED, ANSWER), *steps)
    with bounded_memory(MOST_MEGABYTES), server.lying(script):
        assert run(sandbox, HELLO, app=app) == Finished(ANSWER)
        assert body(run(sandbox, HELLO, app="another app")) == "hello"
        assert isinstance(run(sandbox, HELLO, app=app, seconds=1), Finished | Crashed | TimedOut)
        assert body(run(sandbox, HELLO, app=app)) == "hello"


# What the first runner of an app answers when it is asked to compile, and to whatever comes after it.
COMPILED: dict[str, str] = {
    "no JSON": "compiled",
    "no object": "[]",
    "no code": '{"compiled": 5}',
    "code that is a list": '{"compiled": [1]}',
    "code that is no text": '{"compiled": {"functions/f.py": 5}}',
    "code that is no base64": '{"compiled": {"functions/f.py": "!"}}',
    "code that is no code": '{"compiled": {"functions/f.py": "aaaa"}}',
    "an exception": '{"ending": "failed", "details": {}}',
    "without end": "[" * 20_000,
}


@pytest.fixture(scope="module")
def application(guests: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Application]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sandbox_module, "ForkServer", LyingForkServer)
        application = Application(Settings(data=tmp_path_factory.mktemp("data"), guests=guests), MASTER_KEY)
    with closing(application):
        yield application


@needs_proc
@pytest.mark.parametrize("told", COMPILED.values(), ids=COMPILED)
def test_a_lie_about_compiled_code(application: Application, app: str, told: str) -> None:
    """It is told by a runner of the app, and so may spoil calls of that app: in a known way, until the next version."""
    server = application.sandbox._fork_server
    assert isinstance(server, LyingForkServer)
    source = "def on_request(request, response): return 'hello'"
    for id in (app, "another"):
        application.apps.apply(app_of({"functions/f.py": source}, id=id))
    with server.lying((READ, say(Kind.DEFINED, told), ("exit", 0))):
        assert call(application, "f", app=app).code in (None, 901, 951)
    assert call(application, "f", app="another").json == "hello"
    application.apps.apply(app_of({"functions/f.py": source + "\n"}, id=app))
    assert call(application, "f", app=app).json == "hello"
