"""A call's conversation, with a model of a runner that says valid messages in any order, and now and then an invalid one."""

import json
import select
import threading
from collections import Counter
from collections.abc import Callable
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from runtime.sandbox.endings import Crashed, Ending, Finished, NotDefined
from runtime.sandbox.exchange import PreparationLost
from runtime.sandbox.wire import HEADER, LONGEST_FROM_RUNNER, Kind, Message, encode, read_blocking
from tests.fuzz.fed_runner import CODE, EVENT, FedRunner, exchange_with
from tests.fuzz.profile import as_many_as

PATIENCE_SECONDS = 10

DIED = "the sandbox's process died"

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
reasons = texts.filter(bool)
numbers = st.integers(0, 3) | st.integers(0, 2**32 - 1)
words = st.sampled_from(["data.find", "functions.call", "", "no\tword"])

BROKEN = st.sampled_from(
    [
        HEADER.pack(0, 99, 0),
        HEADER.pack(0, 0, 0),
        HEADER.pack(LONGEST_FROM_RUNNER + 1, Kind.LOG, 0),
        HEADER.pack(2**32 - 1, Kind.ENDED, 0),
        HEADER.pack(1, Kind.LOG, 0) + b"\xff",
        HEADER.pack(3, Kind.ENDED, 0) + b"\xed\xa0\x80",
    ]
)
OUT_OF_TURN = st.sampled_from([kind for kind in Kind if kind <= Kind.READY])


class NotingHost:
    """Answers each call with what was asked, and keeps the log."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def call(self, capability: str, arguments: str) -> str | None:
        return reply_to(capability, arguments)

    def log(self, line: str) -> None:
        self.lines.append(line)


def reply_to(capability: str, arguments: str) -> str:
    return json.dumps({"value": [capability, arguments]})


class Conversation(RuleBasedStateMachine):
    """`expected` is how the call must end, once that is certain."""

    def __init__(self) -> None:
        super().__init__()
        self.runner, self.host = FedRunner(), NotingHost()
        self.outcome: list[Ending | Exception] = []
        self.expected: Ending | type[PreparationLost] | None = None
        self.handling = False
        self.lines: list[str] = []
        self.calls: Counter[tuple[int, str]] = Counter()
        self.thread = threading.Thread(target=self._call, daemon=True)

    def _call(self) -> None:
        try:
            self.outcome.append(exchange_with(self.runner, self.host, PATIENCE_SECONDS * 2))
        except Exception as exception:
            self.outcome.append(exception)

    @initialize(prepared=st.booleans())
    def begin(self, prepared: bool) -> None:
        self.prepared = prepared
        if prepared:
            self.runner.be_prepared()
        self.thread.start()
        if not prepared:
            assert self._hear() == (Kind.DEFINE, CODE)

    @rule(line=texts, halves=st.booleans())
    def log(self, line: str, halves: bool) -> None:
        self._say(Message(Kind.LOG, text=line), halves)
        if self.expected is None:
            self.lines.append(line)

    @rule(failure=st.just("") | texts, halves=st.booleans())
    def defined(self, failure: str, halves: bool) -> None:
        self._say(Message(Kind.DEFINED, text=failure), halves)
        if self.handling:
            self._end_with_death()
        elif failure:
            self._end(PreparationLost if self.prepared else NotDefined(failure))
        elif self.expected is None:
            self.handling = True
            assert self._hear() == (Kind.HANDLE, EVENT)

    @rule(number=numbers, capability=words, arguments=texts, halves=st.booleans())
    def start(self, number: int, capability: str, arguments: str, halves: bool) -> None:
        self._say(Message(Kind.START, number, f"{capability}\n{arguments}"), halves)
        if not self.handling:
            self._end_with_death()
        elif self.expected is None:
            self.calls[number, reply_to(capability, arguments)] += 1

    @precondition(lambda self: self.expected is None and self.calls.total())
    @rule()
    def hear_a_reply(self) -> None:
        message = self._read()
        assert message.kind is Kind.REPLY
        assert self.calls[message.number, message.text] > 0, message
        self.calls[message.number, message.text] -= 1

    @rule(answer=texts, halves=st.booleans())
    def ended(self, answer: str, halves: bool) -> None:
        self._say(Message(Kind.ENDED, text=answer), halves)
        if self.handling:
            self._end(Finished(answer))
        else:
            self._end_with_death()

    @rule(reason=reasons, halves=st.booleans())
    def trapped(self, reason: str, halves: bool) -> None:
        self._say(Message(Kind.TRAPPED, text=reason), halves)
        self._end(PreparationLost if self.prepared and not self.handling else Crashed(reason))

    @rule(kind=OUT_OF_TURN, number=numbers, text=texts)
    def say_what_is_the_servers_to_say(self, kind: Kind, number: int, text: str) -> None:
        self._say(Message(kind, number, text), False)
        self._end_with_death()

    @rule(data=BROKEN)
    def say_what_is_no_message(self, data: bytes) -> None:
        self._utter(data)
        self._end_with_death()

    @rule(data=st.binary(max_size=8))
    def die(self, data: bytes) -> None:
        """With a part of a header as its last words."""
        self._utter(data)
        self.runner.fall_silent()
        self._end_with_death()

    @invariant()
    def ends_as_it_must(self) -> None:
        if self.expected is None:
            return
        self.thread.join(PATIENCE_SECONDS)
        (outcome,) = self.outcome
        match self.expected:
            case type():
                assert isinstance(outcome, self.expected)
            case Crashed(reason) if reason == DIED:
                assert isinstance(outcome, Crashed)
                assert outcome.reason.startswith(DIED)
            case _:
                assert outcome == self.expected
        if self.expected is not PreparationLost:
            assert self.host.lines == self.lines

    def teardown(self) -> None:
        if self.thread.ident is not None and self.expected is None:
            self.die(b"")
            self.ends_as_it_must()
        self.runner.end()

    def _say(self, message: Message, halves: bool) -> None:
        data = encode(message)
        self._utter(data[: len(data) // 2] if halves else data)
        if halves:
            self._utter(data[len(data) // 2 :])

    def _utter(self, data: bytes) -> None:
        if self.expected is None:
            self.runner.say(data)

    def _end(self, ending: Any) -> None:
        self.expected = self.expected or ending

    def _end_with_death(self) -> None:
        self._end(PreparationLost if self.prepared and not self.handling else Crashed(DIED))

    def _hear(self) -> tuple[Kind, str]:
        message = self._read()
        return message.kind, message.text

    def _read(self) -> Message:
        assert select.select([self.runner.heard], [], [], PATIENCE_SECONDS)[0], "the server says nothing"
        return read_blocking(self.runner.heard)


TestConversation: Callable[..., Any] = Conversation.TestCase
TestConversation.settings = as_many_as(60, steps=30)  # type: ignore[attr-defined]
