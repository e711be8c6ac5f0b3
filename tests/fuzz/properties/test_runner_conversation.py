"""A real runner, told valid messages in any order: it answers each as it must, or ends."""

import json
import os
import select
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any, ClassVar

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from runtime.sandbox.processes import ForkServer
from runtime.sandbox.wire import BrokenWire, Kind, Message, encode, read_blocking
from tests.fuzz.profile import as_many_as
from tests.sandbox.calls import HELLO, code, event

pytestmark = pytest.mark.slow

PATIENCE_SECONDS = 20
ALARM_SECONDS = 60

GOOD = [HELLO, "def on_request(request, response): return 'hello'\nprint('loaded')"]
BAD = ["def on_request(:", "1/0", "raise SystemExit", "import no_such_module"]
ASKS = "from cloud import secrets\ndef on_request(request, response): return secrets.get('A')"


class Runner(RuleBasedStateMachine):
    """`defined` tells whether there is code that waits for an event; `asks` that it will ask for a secret first."""

    server: ClassVar[ForkServer]

    def __init__(self) -> None:
        super().__init__()
        self._fork()

    @precondition(lambda self: not self.ended)
    @rule(kind=st.sampled_from([Kind.DEFINE, Kind.PREPARE]), source=st.sampled_from([*GOOD, *BAD, ASKS]))
    def define(self, kind: Kind, source: str) -> None:
        """Also in place of an event: then what was defined before is gone."""
        self._tell(kind, code(source))
        failure = self._answer(Kind.DEFINED)
        self.defined, self.asks = source not in BAD, source == ASKS
        assert (failure == "") is self.defined

    @precondition(lambda self: not self.ended and self.defined)
    @rule(late=st.lists(st.integers(10_000, 20_000), max_size=3))
    def handle(self, late: list[int]) -> None:
        """Replies that nobody waits for come before the one that is waited for."""
        self._tell(Kind.HANDLE, event())
        if self.asks:
            number = self._start()
            for unknown in late:
                self._tell(Kind.REPLY, "{}", unknown)
            self._tell(Kind.REPLY, '{"value": "hello"}', number)
        head, _, body = self._answer(Kind.ENDED).partition("\n")
        assert (json.loads(head)["ending"], body) == ("answered", '"hello"')
        self.defined = self.asks = False

    @precondition(lambda self: not self.ended)
    @rule(number=st.integers(10_000, 2**32 - 1), text=st.text(st.characters(exclude_categories=["Cs"]), max_size=9))
    def reply_to_nobody(self, number: int, text: str) -> None:
        self._tell(Kind.REPLY, text, number)

    @precondition(lambda self: not self.ended and not self.defined)
    @rule()
    def handle_what_is_not_defined(self) -> None:
        self._tell(Kind.HANDLE, event())
        self.ended = True

    @precondition(lambda self: not self.ended)
    @rule(kind=st.sampled_from([kind for kind in Kind if kind >= Kind.READY]))
    def say_what_is_the_runners_to_say(self, kind: Kind) -> None:
        self._tell(kind, "")
        self.ended = True

    @precondition(lambda self: self.ended)
    @rule()
    def go_on_with_another(self) -> None:
        self.runner.end()
        self._fork()

    @invariant()
    def ends_when_it_must(self) -> None:
        if self.ended:
            with pytest.raises(BrokenWire):
                self._read()

    def teardown(self) -> None:
        self.runner.end()

    def _fork(self) -> None:
        self.runner = self.server.fork("app")
        os.set_blocking(self.runner.incoming, True)
        self.defined = self.asks = self.ended = False

    def _tell(self, kind: Kind, text: str, number: int = ALARM_SECONDS) -> None:
        os.write(self.runner.outgoing, encode(Message(kind, number, text)))

    def _start(self) -> int:
        message = self._read()
        assert (message.kind, message.text.partition("\n")[0]) == (Kind.START, "secrets.get")
        return message.number

    def _answer(self, kind: Kind) -> str:
        while (message := self._read()).kind is Kind.LOG:
            pass
        assert message.kind is kind, message
        return message.text

    def _read(self) -> Message:
        assert select.select([self.runner.incoming], [], [], PATIENCE_SECONDS)[0], "the runner says nothing"
        return read_blocking(self.runner.incoming)


@pytest.fixture(scope="module")
def machine(guest: Path) -> Iterator[Callable[[], Any]]:
    with closing(ForkServer(guest, 128)) as server:
        server.start()
        yield type("RunnerOfServer", (Runner,), {"server": server})


def test_a_runner_answers_as_it_must(machine: Callable[[], Any]) -> None:
    run_state_machine_as_test(machine, settings=as_many_as(10, steps=15))
