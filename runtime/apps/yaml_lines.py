"""Reads YAML and remembers on which line everything stands.

Keys are taken as they are written: `on:` is the key "on", where plain YAML makes it the key True.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import yaml

Location = tuple[str | int, ...]

DEPTH_LIMIT = 20
NODE_LIMIT = 100_000
"""Values in one file, counted again wherever an alias repeats them: a few lines of aliases can stand for billions."""

_PLAIN_TAGS = {"tag:yaml.org,2002:map", "tag:yaml.org,2002:seq"}
_TEXT_TAG = "tag:yaml.org,2002:str"
_MERGE_TAG = "tag:yaml.org,2002:merge"


class YamlError(Exception):
    """Text that cannot be read as YAML at all. `line` counts from 1."""

    def __init__(self, line: int, message: str) -> None:
        super().__init__(message)
        self.line = line


@dataclass(frozen=True)
class Document:
    """What the YAML says, and on which line each location in it stands.

    `nothing_behind` are the locations with no value at all, as in `fields:`. `problems` are what the reader would not
    take, as location, line and message.
    """

    value: Any
    lines: Mapping[Location, int]
    nothing_behind: tuple[Location, ...]
    problems: tuple[tuple[Location, int, str], ...]

    def entries(self, location: Location) -> Mapping[str, int]:
        """The keys directly inside a location, each with its line."""
        inside = len(location) + 1
        found = {at[-1]: line for at, line in self.lines.items() if len(at) == inside and at[:-1] == location}
        return {key: line for key, line in found.items() if isinstance(key, str)}

    def line_of(self, location: Location) -> int:
        """The line of a location, or of the innermost thing around it if it is not there itself."""
        while location not in self.lines:
            location = location[:-1]
        return self.lines[location]


def read(text: str) -> Document:
    """Read one YAML document. Raises YamlError."""
    try:
        loader = _Loader(text)
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        raise YamlError(line, f"the character {text[error.position]!a} cannot stand in a YAML file") from None
    try:
        root = loader.get_single_node()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise YamlError(mark.line + 1 if mark else 1, f"this is not YAML: {_in_words(error)}") from None
    except (ValueError, OverflowError):  # from chr(), which PyYAML gives any number
        message = "this is not YAML: an escape sequence stands for no character"
        raise YamlError(loader.get_mark().line + 1, message) from None
    if root is None:
        return Document(None, {(): 1}, (), ())
    return _Reading(loader).document(root)


def _in_words(error: yaml.MarkedYAMLError) -> str:
    problem = error.problem or error.context or "it cannot be read"
    if "'\\t'" in problem:
        return "a tab cannot indent; use spaces"
    if error.context is None or error.problem is None:
        return problem
    if error.context_mark is None or not error.context.startswith("while"):
        return f"{error.context}, {problem}"
    return f"{problem}, {error.context} that begins on line {error.context_mark.line + 1}"


class _Loader(yaml.SafeLoader):
    """SafeLoader that refuses deep nesting, before the recursion in it becomes a problem."""

    depth = 0

    def compose_node(self, parent: yaml.Node | None, index: Any) -> yaml.Node | None:
        if self.depth > DEPTH_LIMIT:
            raise yaml.MarkedYAMLError(None, None, "it is nested too deep", self.peek_event().start_mark)  # type: ignore[no-untyped-call]
        self.depth += 1
        try:
            return super().compose_node(parent, index)
        finally:
            self.depth -= 1


class _Reading:
    """Turns nodes into values, noting lines and problems on the way."""

    def __init__(self, loader: _Loader) -> None:
        self._loader = loader
        self._lines: dict[Location, int] = {}
        self._nothing_behind: list[Location] = []
        self._problems: list[tuple[Location, int, str]] = []
        self._count = 0

    def document(self, root: yaml.Node) -> Document:
        value = self._value(root, ())
        return Document(value, self._lines, tuple(self._nothing_behind), tuple(self._problems))

    def _value(self, node: yaml.Node, location: Location) -> Any:
        self._count += 1
        if self._count > NODE_LIMIT or len(location) > DEPTH_LIMIT:
            raise YamlError(_line(node), "there is too much in this file once its aliases are followed")
        self._lines.setdefault(location, _line(node))
        if isinstance(node, yaml.ScalarNode):
            return self._scalar(node, location)
        if node.tag not in _PLAIN_TAGS:
            self._note(location, node, f"the tag {_short(node.tag)} means nothing here; remove it")
        if isinstance(node, yaml.SequenceNode):
            return [self._value(child, (*location, position)) for position, child in enumerate(node.value)]
        return dict(self._entries(node, location))

    def _entries(self, node: yaml.Node, location: Location) -> Iterator[tuple[str, Any]]:
        for key_node, value_node in node.value:
            if not isinstance(key_node, yaml.ScalarNode):
                self._note(location, key_node, "a key must be text, and here is a list or a group of keys")
                continue
            key = self._text(key_node, location)
            inner = (*location, key)
            if key_node.tag == _MERGE_TAG:
                self._note(location, key_node, "merging with << is not supported; write the keys out")
            elif inner in self._lines:
                self._note(inner, key_node, f"stands here twice, first on line {self._lines[inner]}")
            else:
                self._lines[inner] = _line(key_node)
                yield key, self._value(value_node, inner)

    def _scalar(self, node: yaml.ScalarNode, location: Location) -> Any:
        text = self._text(node, location)
        if node.tag == _TEXT_TAG:
            return text
        try:
            value = self._loader.construct_object(node)
        except (yaml.YAMLError, ValueError, LookupError, AttributeError, OverflowError):
            self._note(location, node, f"{text[:40]!r} cannot be read as {_short(node.tag)}; put it in quotes")
            return text
        if value is None:
            self._nothing_behind.append(location)
        return value

    def _text(self, node: yaml.ScalarNode, location: Location) -> str:
        """A scalar as it is written. An escape such as "\\ud83d" can make half a character, which nothing can store."""
        text = str(node.value)
        if any(0xD800 <= ord(char) <= 0xDFFF for char in text):
            self._note(location, node, "an escape sequence stands for half a character; write the whole one")
        return text.encode("utf-8", "replace").decode()

    def _note(self, location: Location, node: yaml.Node, message: str) -> None:
        self._problems.append((location, _line(node), message))


def _line(node: yaml.Node) -> int:
    return int(node.start_mark.line) + 1


def _short(tag: str) -> str:
    return tag.replace("tag:yaml.org,2002:", "!!")
