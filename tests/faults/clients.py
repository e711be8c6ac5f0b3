"""Clients that send all kinds of requests and check every answer."""

import http.client
import json
import random
import secrets
import time
from collections import Counter
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from urllib.parse import quote

from tests.faults.server import Answer, Server, ask

NO_ANSWER = -1
"""Counted like a code: the connection was refused or closed."""

MANY_NOTES = 300
"""A client with more of them adds none, and forgets those that are gone."""


class WrongAnswer(AssertionError):
    """An answer that is neither right nor an error that may come."""


@dataclass
class Note:
    """What a client knows of one of its notes.

    After a write without an answer, or with an error, there are several numbers that it may have: None for none, as it
    is not there.
    """

    numbers: set[int | None]
    modified_at: str = ""


@dataclass
class Tally:
    """What the clients of a load met. `times` are of requests that were answered, in seconds, whatever the code."""

    codes: Counter[int] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)
    times: list[float] = field(default_factory=list)
    slowest: float = 0

    def add(self, other: "Tally") -> None:
        self.codes += other.codes
        self.wrong += other.wrong
        self.times += other.times
        self.slowest = max(self.slowest, other.slowest)


class Client:
    """Sends requests on one connection, and remembers what must be there: `expected` are the codes that may come."""

    def __init__(self, server: Server, name: str, expected: Collection[int]) -> None:
        self.tally = Tally()
        self._server = server
        self._name = f"{name}-{secrets.token_hex(4)}"
        self._expected = expected
        self._random = random.Random()
        self._connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
        self._notes: dict[str, Note] = {}
        self._next = 0

    def send_one(self) -> None:
        """One request of any kind."""
        (kind,) = self._random.choices(list(KINDS), list(KINDS.values()))
        try:
            kind(self)
        except WrongAnswer as wrong:
            self.tally.wrong.append(f"{self._name}: {wrong}")

    def verify(self) -> list[str]:
        """Read all notes back; what is not as it was acknowledged."""
        wrong = []
        for note_id in self._notes:
            try:
                self._read_back(note_id)
            except WrongAnswer as error:
                wrong.append(f"{self._name}: {error}")
        self.close()
        return wrong

    def close(self) -> None:
        self._connection.close()

    def double(self) -> None:
        n = self._random.randrange(10**9)
        self._expect("POST", "Functions/double", {"n": n}, gives={"n": n, "double": 2 * n})

    def quadruple(self) -> None:
        n = self._random.randrange(10**9)
        self._expect("POST", "Functions/quadruple", {"n": n}, gives={"n": n, "quadruple": 4 * n})

    def create(self) -> None:
        if len(self._notes) > MANY_NOTES:
            return self.delete()
        self._next += 1
        note_id, number = f"{self._name}-{self._next}", self._random.randrange(1000)
        note = Note({None, number})
        self._notes[note_id] = note
        answer = self._ask("POST", "Note", {"Id": note_id, "Writer": self._name, "Number": number})
        if answer and answer.code == 0:
            self._check(answer.status == 201 and answer.value["Result"]["Id"] == note_id, f"create {note_id}", answer)
            note.numbers = {number}
        return None

    def update(self) -> None:
        note_id = self._some_note()
        if note_id is None:
            return self.create()
        note = self._notes[note_id]
        after = {None if number is None else number + 1 for number in note.numbers}
        before = note.numbers
        note.numbers = before | after
        answer = self._ask("PUT", f"Note/{note_id}", {"$inc": {"Number": 1}}, missing=None in before)
        if answer and answer.code == 0:
            self._check(answer.value["Result"] == 1, f"update {note_id}", answer)
            self._check(answer.value["ModifiedAt"] > note.modified_at, f"{note.modified_at} < {note_id}", answer)
            note.numbers, note.modified_at = after - {None}, answer.value["ModifiedAt"]
        elif answer and answer.code == 801:
            note.numbers = {None}
        return None

    def delete(self) -> None:
        note_id = self._some_note()
        if note_id is None:
            return self.create()
        note = self._notes[note_id]
        missing = None in note.numbers
        note.numbers = {*note.numbers, None}
        answer = self._ask("DELETE", f"Note/{note_id}", missing=missing)
        if answer and answer.code in (0, 801):
            note.numbers = {None}
            self._read_back(note_id)
            if len(self._notes) > MANY_NOTES:
                del self._notes[note_id]
        return None

    def read(self) -> None:
        note_id = self._some_note()
        if note_id is None:
            return self.create()
        return self._read_back(note_id)

    def count(self) -> None:
        """By a function that asks for its data, or by the data's own way."""
        if self._random.random() < 0.5:
            answer = self._ask("POST", "Functions/count", {"writer": self._name})
            told = answer.value if answer and answer.code == 0 else None
        else:
            answer = self._ask("GET", f"Note/_count?filter={_json({'Writer': self._name})}")
            told = answer.value["Result"] if answer and answer.code == 0 else None
        least = sum(None not in note.numbers for note in self._notes.values())
        most = sum(note.numbers != {None} for note in self._notes.values())
        if told is not None:
            self._check(least <= told <= most, f"count: {least} to {most}", answer)

    def _some_note(self) -> str | None:
        # Old ones as well: what was acknowledged early must be there late.
        names = [name for name, note in self._notes.items() if note.numbers != {None}]
        return self._random.choice(names) if names else None

    def _read_back(self, note_id: str) -> None:
        note = self._notes[note_id]
        answer = self._ask("GET", f"Note/{note_id}", missing=None in note.numbers)
        if answer is None or answer.code not in (0, 801):
            return
        if answer.code == 801:
            note.numbers = {None}
            return
        result = answer.value["Result"]
        number = result.get("Number")
        self._check(number in note.numbers, f"read {note_id}: {note.numbers}", answer)
        self._check(result.get("Seen") is True, f"read {note_id}: the after hook", answer)
        self._check(str(result.get("Slug")).startswith(f"{self._name}-"), f"read {note_id}: the before hook", answer)
        self._check(result["ModifiedAt"] >= note.modified_at, f"read {note_id}: {note.modified_at}", answer)
        note.numbers, note.modified_at = {number}, result["ModifiedAt"]

    def _expect(self, method: str, path: str, body: object, gives: object) -> None:
        answer = self._ask(method, path, body)
        if answer and answer.code == 0:
            self._check(answer.value == gives, f"{path} {body}", answer)

    def _ask(
        self,
        method: str,
        path: str,
        body: object = None,
        *,
        missing: bool = False,
        expected: Collection[int] | None = None,
    ) -> Answer | None:
        """The answer; None for a connection that failed. Raises WrongAnswer for a code that must not come."""
        started = time.monotonic()
        try:
            answer = ask(self._connection, method, path, body)
        except (OSError, http.client.HTTPException) as error:
            self._connection.close()
            self._count(NO_ANSWER, started)
            if NO_ANSWER not in self._expected:
                raise WrongAnswer(f"{method} {path}: {error!r}") from None
            time.sleep(0.02)
            return None
        except ValueError:
            raise WrongAnswer(f"{method} {path}: the answer is no JSON") from None
        self._count(answer.code, started)
        expected = self._expected if expected is None else expected
        if answer.code and answer.code not in expected and not (missing and answer.code == 801):
            raise WrongAnswer(f"{method} {path}: {answer}")
        return answer

    def _count(self, code: int, started: float) -> None:
        took = time.monotonic() - started
        self.tally.codes[code] += 1
        self.tally.slowest = max(self.tally.slowest, took)
        if code != NO_ANSWER:
            self.tally.times.append(took)

    def _check(self, holds: bool, what: str, answer: Answer | None) -> None:
        if not holds:
            raise WrongAnswer(f"{what}: {answer}")


KINDS: Mapping[Callable[[Client], None], int] = {
    Client.double: 6,
    Client.quadruple: 2,
    Client.create: 4,
    Client.update: 4,
    Client.delete: 1,
    Client.read: 6,
    Client.count: 2,
}
"""What clients send, and how often."""


def _json(value: object) -> str:
    return quote(json.dumps(value))
