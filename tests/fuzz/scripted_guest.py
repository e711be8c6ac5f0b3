"""A guest that asks and answers what a script says: in place of the sandbox, below the whole rest of the system."""

import json
import re
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from runtime.cloudcode.event_hook import EXPRESSIONS
from runtime.cloudcode.events import NAMES_OF_HANDLERS
from runtime.sandbox.endings import Crashed, Ending, Finished, NotDefined, TimedOut
from runtime.sandbox.host import Host
from tests.fuzz.answers import strict_json
from tests.fuzz.target import BrokenPromise

_STEP = re.compile(r"^@([a-z]+)[ ]?([^\n]*)\n?", re.MULTILINE)

HANDLERS = [
    f"{when}_{name}"
    for when in ("before", "after")
    for name in ("create", "read", "update", "delete", "aggregate", "create_item")
]


@dataclass(frozen=True)
class Step:
    """`@verb word`, and the text below it, up to the next step."""

    verb: str
    word: str
    text: str


def read_script(data: bytes) -> list[Step]:
    """The steps in a text; what is above the first one is none."""
    text = data.decode("utf-8", "replace")
    found = list(_STEP.finditer(text))
    ends = [*[match.start() for match in found], len(text)][1:]
    return [
        Step(match[1], match[2], text[match.end() : end].removesuffix("\n"))
        for match, end in zip(found, ends, strict=True)
    ]


class ScriptedGuest:
    """Takes the place of a Sandbox.

    Steps are `@call capability` with its arguments below, `@log` with a line, and those that end a call: `@answer`,
    `@undefined`, `@crashed` and `@late`. When the script is over, and in calls within calls, it answers as it should.
    """

    def __init__(self) -> None:
        self._steps: deque[Step] = deque()

    def learn(self, steps: list[Step]) -> None:
        self._steps = deque(steps)

    def start(self) -> None:
        """There is nothing to start."""

    def close(self) -> None:
        """There is nothing to end."""

    def run(
        self, app: str, code: str, make_event: Callable[[], str], *, host: Host, depth: int = 0, **_: Any
    ) -> Ending:
        event = strict_json_object(make_event())
        if depth == 0 and not (event["handler"] == NAMES_OF_HANDLERS and self._is_about_events()):
            while self._steps:
                ending = _play(self._steps.popleft(), host)
                if ending is not None:
                    return ending
        return Finished(good_answer(event))

    def _is_about_events(self) -> bool:
        """Whether the script is for the handlers, and not for the question which of them there are."""
        return not any(step.verb == "handlers" for step in self._steps)


def strict_json_object(text: str) -> dict[str, Any]:
    """What the guest is told must be JSON, too."""
    strict_json(text)
    told: dict[str, Any] = json.loads(text)
    return told


def good_answer(event: dict[str, Any]) -> str:
    """What an honest guest answers that changes nothing."""
    handler, request = event["handler"], event.get("request", {})
    if handler == NAMES_OF_HANDLERS:
        return _answer("handlers", HANDLERS)
    if handler.startswith("before_"):
        changeable = {name: request.get(name) for name in EXPRESSIONS}
        return _answer("before", {**changeable, "context": event["context"], "answer": None})
    if handler.startswith("after_"):
        told = {name: event["response"][name] for name in ("result", "status_code", "additional_data")}
        return _answer("after", {**told, "context": event["context"]})
    return _answer("json", {"called": handler}, status=200, headers={})


def _answer(kind: str, body: Any, **head: Any) -> str:
    return json.dumps({"ending": "answered", "kind": kind, **head}) + "\n" + json.dumps(body)


def _play(step: Step, host: Host) -> Ending | None:
    match step.verb:
        case "call":
            _check_reply(host.call(step.word, step.text))
        case "log":
            host.log(step.text)
        case "answer":
            return Finished(step.text)
        case "undefined":
            return NotDefined(step.text)
        case "crashed":
            return Crashed(step.text)
        case "late":
            return TimedOut(defining=step.word == "defining", waiting_for=tuple(step.text.split()))
    return None


def _check_reply(reply: str | None) -> None:
    """A reply is `{"value"}` or `{"error"}`, and never says that the host failed."""
    if reply is None:
        return
    told = strict_json_object(reply)
    if set(told) not in ({"value"}, {"error"}):
        raise BrokenPromise(f"a reply with {sorted(told)}")
    if "error" not in told:
        return
    error = told["error"]
    if error.get("kind") == "HostFailure":
        raise BrokenPromise(f"the host failed: {error}")
    if not {"message"} < set(error) <= {"message", "kind", "code", "status"} or not isinstance(error["message"], str):
        raise BrokenPromise(f"an error that the guest cannot read: {error}")
