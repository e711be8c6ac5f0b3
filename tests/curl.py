"""The curl commands of the documentation, answered by an application in this process, without a network."""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from runtime.application import Application
from tests.function_url import Answer, make_event, read_answer

REQUEST_ID = "request-of-the-documentation"
FORM = "application/x-www-form-urlencoded"


@dataclass
class Curl:
    """A curl command with the few options that the documentation uses. Raises ValueError for any other one."""

    url: str = ""
    method: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    body: str = ""
    shows_headers: bool = False
    saves_body: bool = False

    @classmethod
    def parse(cls, words: Sequence[str]) -> "Curl":
        curl, rest = cls(), list(words[1:])
        while rest:
            match rest.pop(0):
                case "-i":
                    curl.shows_headers = True
                case "-X":
                    curl.method = rest.pop(0)
                case "-H":
                    name, _, value = rest.pop(0).partition(":")
                    curl.headers[name.lower()] = value.strip()
                case "-d":
                    curl.body = rest.pop(0)
                    curl.headers.setdefault("content-type", FORM)
                case "--output":
                    rest.pop(0)
                    curl.saves_body = True
                case option if option.startswith("-"):
                    raise ValueError(f"The tests do not know curl's option {option}.")
                case url:
                    curl.url = url
        curl.method = curl.method or ("POST" if curl.body else "GET")
        return curl

    def send(self, application: Application) -> Answer:
        parts = urlsplit(self.url)
        headers = {"host": parts.netloc, "accept": "*/*", "x-forwarded-proto": parts.scheme, **self.headers}
        path = f"{parts.path}?{parts.query}"
        event = make_event(self.method, path, headers, self.body, domain=parts.netloc)
        return read_answer(application.handle(event, REQUEST_ID))

    def differences(self, shown: str, answer: Answer) -> list[str]:
        """How an answer differs from what the documentation shows of it. `...` there stands for anything."""
        found = []
        if self.shows_headers:
            status, *lines = shown.splitlines()
            if not status.startswith(f"HTTP/1.1 {answer.status} "):
                found.append(f"status {answer.status}, not {status}")
            while lines and (header := re.fullmatch(r"([\w-]+): (.*)", lines[0])):
                lines.pop(0)
                if answer.headers.get(header[1].lower()) != header[2]:
                    found.append(f"header {header[1]} is {answer.headers.get(header[1].lower())!r}, not {header[2]!r}")
            shown = "\n".join(lines).removeprefix("...").strip("\n")
        elif answer.status >= 400 and "errorCode" not in shown:
            found.append(f"status {answer.status}")
        if not self.saves_body and not is_as_shown(shown, answer.body.decode()):
            found.append(f"body {answer.body.decode()}, not {shown}")
        return found


def matches(shown: str, actual: str) -> bool:
    """Whether a text is as shown, where `...` stands for anything."""
    pattern = ".*".join(re.escape(part) for part in shown.split("..."))
    return re.fullmatch(pattern, actual, re.DOTALL) is not None


def is_as_shown(shown: str, actual: str) -> bool:
    """Whether a body is as shown: as JSON if it is that, where spaces do not matter, else as text."""
    try:
        return _equal(_read(shown), json.loads(actual))
    except ValueError:
        return matches(shown.strip(), actual.strip())


def _read(shown: str) -> Any:
    """JSON in which `[...]` and `{...}` stand for any array and any object. Raises ValueError if it is none."""
    try:
        return json.loads(shown)
    except ValueError:
        return json.loads(re.sub(r"\[\.\.\.\]|\{\.\.\.\}", lambda found: f'"{found[0]}"', shown))


def _equal(shown: Any, actual: Any) -> bool:
    if shown in ("[...]", "{...}"):
        return isinstance(actual, list if shown == "[...]" else dict)
    if isinstance(shown, str) and isinstance(actual, str):
        return matches(shown, actual)
    if isinstance(shown, dict) and isinstance(actual, dict):
        return list(shown) == list(actual) and all(_equal(shown[key], actual[key]) for key in shown)
    if isinstance(shown, list) and isinstance(actual, list):
        return len(shown) == len(actual) and all(map(_equal, shown, actual))
    return type(shown) is type(actual) and bool(shown == actual)
