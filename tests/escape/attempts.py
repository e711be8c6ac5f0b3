"""Attempts to get out of the sandbox, to outstay it or to leave something behind, and how each is carried out.

An attempt is a cloud function of the app `mallory`. It runs through the real application, and its ending is stated
exactly. After it, `mallory` and her neighbour `alice` are asked for a portrait of the interpreter that they run in: it
must be the one that was taken before any attempt.
"""

import json
import re
import textwrap
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from runtime.application import Application
from runtime.budget import Budget
from runtime.cloudcode.logs.record import CallRecord
from tests.cloudcode.calling import MASTER, app_of, over_too_soon
from tests.function_url import Answer, make_event, read_answer

ATTACKER, NEIGHBOUR = "mallory", "alice"

HANDLER = re.compile(r"^(async )?def on_request\(", re.MULTILINE)

PRELUDE = (
    "import asyncio, gc, io, json, os, sys, time\nfrom cloud import CloudError, data, functions, http, log, secrets\n"
)

PORTRAIT = (Path(__file__).parent / "portrait.py").read_text()

CLOSED = {"functions/closed.py": "def on_request(request, response): return 'closed'"}
"""A function that only the master key may call."""

SHARED = {"shared/stock.py": "count = 0\nprices = {'tea': 3}\ndef price(name): return prices[name]\n"}


@dataclass(frozen=True)
class Answers:
    """The function answers this value."""

    value: Any

    def check(self, answer: Answer) -> None:
        assert (answer.status, answer.json) == (200, self.value), answer.text[:2000]

    def is_too_soon(self, _: Answer) -> bool:
        return False


@dataclass(frozen=True)
class Fails:
    """The call ends in this code. `reason` is the type of the exception that its owner is told of, None for none,
    several where chance decides; `words` are in the message, or in the one of the exception.
    """

    code: int
    reason: str | tuple[str, ...] | None = None
    words: str = ""

    def check(self, answer: Answer) -> None:
        told = answer.json
        assert isinstance(told, dict), told
        assert told.get("errorCode") == self.code, answer.text[:2000]
        assert type(told["errorCode"]) is int
        details = told.get("details", {})
        assert details.get("type") in (self.reason if isinstance(self.reason, tuple) else (self.reason,)), told
        assert self.words in f"{told['message']} {details.get('message')}", told

    def is_too_soon(self, answer: Answer) -> bool:
        """Whether it should run out of time, and a busy machine did not even come to where it does."""
        return self.code == 902 and over_too_soon(answer, loading="Loading" in self.words)


Expected = Answers | Fails

ABORTED = Fails(901, "SandboxCrash", "The interpreter aborted")
TOO_DEEP = Fails(901, "SandboxCrash", "recursed deeper than the sandbox's stack allows")
OUT_OF_TIME = Fails(902, words="seconds are over")
MALFORMED = Fails(901, "MalformedAnswer")


@dataclass(frozen=True)
class Attempt:
    """`code` is the body of a handler, or a whole file if it has a handler in it.

    `seconds` is the time that the request has: little where it is expected to run out. The caller has the master key,
    and so is told the reason of a failure, or is `anonymous`.
    """

    name: str
    code: str
    expected: Expected
    seconds: float = 40
    anonymous: bool = False

    @property
    def function(self) -> str:
        return "".join(character if character.isalnum() and character.isascii() else "_" for character in self.name)

    @property
    def source(self) -> str:
        code = textwrap.dedent(self.code).strip()
        if HANDLER.search(code):
            return code
        body = textwrap.indent(code, "    ")
        return f"{PRELUDE}{'async ' if 'await ' in self.code else ''}def on_request(request, response):\n{body}\n"


def rows(attempts: Iterable[Attempt]) -> Any:
    """The table as parameters of a test."""
    return pytest.mark.parametrize("attempt", attempts, ids=lambda attempt: attempt.name)


@dataclass(frozen=True)
class Stage:
    """An application with both apps. `attempts` are the attacker's functions, besides the portrait."""

    application: Application
    attempts: Iterable[Attempt]
    more_functions: Mapping[str, str] = field(default_factory=dict)
    portraits: dict[str, Any] = field(default_factory=dict)

    def set_up(self) -> None:
        """Serve the apps and take the portraits."""
        good = {"functions/portrait.py": PORTRAIT, **CLOSED, **SHARED}
        own = {f"functions/{attempt.function}.py": attempt.source for attempt in self.attempts}
        more = {f"functions/{name}.py": source for name, source in self.more_functions.items()}
        assert len(own) == len(list(self.attempts)), "two attempts have the same file"
        closed = {"closed": {"execute": []}}
        self.application.apps.apply(app_of({**own, **more, **good}, id=ATTACKER, **closed))
        self.application.apps.apply(app_of({**more, **good}, id=NEIGHBOUR, **closed))
        for app in (ATTACKER, NEIGHBOUR):
            self.portraits[app] = self.portrait(app)

    def call(
        self, function: str, data: Any = None, *, app: str = ATTACKER, seconds: float = 40, anonymous: bool = False
    ) -> Answer:
        """Call a function, with a time limit of one's own."""
        headers = {"content-type": "application/json", **({} if anonymous else MASTER)}
        event = make_event("POST", f"/v1/{app}/Functions/{function}", headers, json.dumps(data))
        limits = self.application.settings.model_copy(update={"budget_seconds": seconds})
        return read_answer(self.application.handle(event, "escape", Budget.start(limits, request_id="escape")))

    def carry_out(self, attempt: Attempt) -> None:
        """Make the attempt, check how it ends, and that the next calls of both apps find nothing changed."""
        answer = self.call(attempt.function, seconds=attempt.seconds, anonymous=attempt.anonymous)
        if attempt.expected.is_too_soon(answer):
            answer = self.call(attempt.function, seconds=10 * attempt.seconds, anonymous=attempt.anonymous)
        attempt.expected.check(answer)
        self.check_unharmed()

    def check_unharmed(self) -> None:
        for app in (ATTACKER, NEIGHBOUR):
            assert self.portrait(app) == self.portraits[app], f"the next call of {app} is not as it was"

    def log_of(self, app: str) -> list[CallRecord]:
        """The kept log of an app's calls, newest first."""
        return [kept.record for kept in self.application.logs.page(app, limit=100)]

    def portrait(self, app: str) -> Any:
        answer = self.call("portrait", app=app)
        assert answer.status == 200, answer.text
        return answer.json
