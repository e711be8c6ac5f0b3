"""Takes the values of secrets out of text."""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any, TypeVar
from urllib.parse import quote, quote_plus

from runtime.cloudcode.logs.record import LogLine

SHORTEST = 8
"""Shorter values are left alone: they would be found in too much that is no secret."""

Text = TypeVar("Text", str, bytes)


class Redactor:
    """Replaces each value of at least 8 characters by `[secret NAME]`, wherever it stands exactly.

    It is found as it is, and as it looks inside JSON text and inside a URL. This keeps a secret from being written into
    a log or an answer by mistake. It is no barrier against code that wants to tell it: that may write it backwards.
    """

    def __init__(self, secrets: Mapping[str, str], former: Iterable[tuple[str, str]] = ()) -> None:
        """`former` are further names and values: those that secrets had before."""
        forms = {
            form: f"[secret {name}]"
            for name, value in (*former, *secrets.items())
            if len(value) >= SHORTEST
            for form in _forms(value)
        }
        self._texts = list(forms.items())
        self._bytes = [(form.encode("utf-8", "surrogatepass"), mark.encode()) for form, mark in self._texts]
        self._looks_at_numbers = any(not form.strip("+-.eE0123456789") for form in forms)

    def text(self, text: str) -> str:
        return _redacted(text, self._texts)

    def content(self, content: bytes) -> bytes:
        return _redacted(content, self._bytes)

    def json(self, content: bytes) -> bytes:
        """JSON text in UTF-8, which stays valid."""
        if self.content(content) == content:
            return content
        try:
            return json.dumps(self.value(json.loads(content)), ensure_ascii=False, separators=(",", ":")).encode()
        except (ValueError, RecursionError):  # numbers too long to be read, or half a surrogate pair
            return self.content(content)

    def value(self, value: Any) -> Any:
        """The JSON value with its strings redacted, names of objects too. A number that shows a secret becomes text."""
        return self._value(value) if self._texts else value

    def lines(self, lines: Iterable[LogLine]) -> tuple[LogLine, ...]:
        if not self._texts:
            return tuple(lines)
        return tuple(replace(line, message=self.text(line.message), fields=self._value(line.fields)) for line in lines)

    def _value(self, value: Any) -> Any:
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, Mapping):
            return {self._value(name): self._value(item) for name, item in value.items()}
        if isinstance(value, list | tuple):
            return [self._value(item) for item in value]
        if self._looks_at_numbers and isinstance(value, int | float) and not isinstance(value, bool):
            text = json.dumps(value)
            return value if (redacted := self.text(text)) == text else redacted
        return value


def _forms(value: str) -> Iterator[str]:
    """The value, and how it is written in JSON text and in a URL."""
    yield value
    for ascii_only in (True, False):
        yield json.dumps(value, ensure_ascii=ascii_only)[1:-1]
    for encode in (quote, quote_plus):
        for safe in ("", "/"):
            yield encode(value, safe, errors="replace")


def _redacted(text: Text, forms: list[tuple[Text, Text]]) -> Text:
    """The text with a mark in place of each form in it.

    Secrets may overlap, also with themselves: whatever one of them covers goes, so that no part of one is left beside
    the mark of another.
    """
    spans = [span for form, mark in forms if form in text for span in _spans(text, form, mark)]
    if not spans:
        return text
    spans.sort(key=lambda span: (span[0], -span[1]))  # where two begin together, the longer one gives its name
    pieces: list[Text] = []
    end = 0
    for start, stop, mark in spans:
        if start >= end:
            pieces += (text[end:start], mark)
        end = max(end, stop)
    pieces.append(text[end:])
    return text[:0].join(pieces)


def _spans(text: Text, form: Text, mark: Text) -> Iterator[tuple[int, int, Text]]:
    """Where `form` stands; places that overlap are one."""
    start = text.find(form)
    while start >= 0:
        stop = start + len(form)
        following = text.find(form, start + 1)
        while start < following < stop:
            stop = following + len(form)
            following = text.find(form, following + 1)
        yield start, stop, mark
        start = following
