"""Reads Markdown as the tests of the documentation need it: code blocks, tables, links, and examples of commands."""

import re
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

FENCE = re.compile(r"^( *)```(\w*)\n(.*?)^\1```$", re.MULTILINE | re.DOTALL)
HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)
ANCHOR = re.compile(r'<a id="([^"]+)">')
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
ROW = re.compile(r"^\|(.+)\|$", re.MULTILINE)


@dataclass(frozen=True)
class Block:
    """A fenced block of code; `line` is that of its fence."""

    language: str
    text: str
    line: int


@dataclass(frozen=True)
class Example:
    """A command that a reader can type, split into words, and what the document shows as its output."""

    words: tuple[str, ...]
    shown: str
    line: int


@dataclass(frozen=True)
class Document:
    path: Path
    text: str

    @classmethod
    def read(cls, path: Path) -> "Document":
        return cls(path, path.read_text())

    @property
    def blocks(self) -> list[Block]:
        return [
            Block(match[2], _dedented(match[3], match[1]), self.text.count("\n", 0, match.start()) + 1)
            for match in FENCE.finditer(self.text)
        ]

    @property
    def code_files(self) -> dict[str, str]:
        """The Python blocks that are files of an app, by path: their first line is a comment with it."""
        files = {}
        for block in self.blocks:
            path = re.match(r"# ((?:functions|shared|types)/\w+\.py)\n", block.text)
            if block.language == "python" and path:
                assert path[1] not in files, f"{path[1]} stands twice in {self.path}"
                files[path[1]] = block.text
        return files

    @property
    def prose(self) -> str:
        return FENCE.sub("", self.text)

    @property
    def rows(self) -> Iterator[list[str]]:
        """The cells of all rows of all tables."""
        for match in ROW.finditer(self.prose):
            yield [cell.strip() for cell in re.split(r"(?<!\\)\|", match[1])]

    @property
    def links(self) -> list[str]:
        """Where links lead to that stay inside the project."""
        return [target for target in LINK.findall(self.prose) if not re.match(r"[a-z]+:", target)]

    @property
    def anchors(self) -> set[str]:
        """What a link to this document may have behind its #, as GitHub makes it from the headings."""
        return {_slug(heading) for heading in HEADING.findall(self.prose)} | set(ANCHOR.findall(self.text))

    def examples(self, variables: Mapping[str, str]) -> list[Example]:
        """The commands behind `$ ` in console blocks, with the variables filled in."""
        return [
            example for block in self.blocks if block.language == "console" for example in _examples(block, variables)
        ]

    def commands(self) -> list[list[str]]:
        """The words of every command in a console or sh block, without its output."""
        found = [list(example.words) for example in self.examples({})]
        for block in self.blocks:
            if block.language == "sh":
                found += [shlex.split(line, comments=True) for line in block.text.splitlines()]
        return [words for words in found if words]


def _examples(block: Block, variables: Mapping[str, str]) -> Iterator[Example]:
    for number, text in _commands_with_output(block.text):
        command, shown = _split_behind_command(text)
        for name, value in variables.items():
            command = command.replace(f"${name}", value)
        yield Example(tuple(shlex.split(command)), shown, block.line + number)


def _commands_with_output(text: str) -> Iterator[tuple[int, str]]:
    pieces = re.split(r"^\$ ", text, flags=re.MULTILINE)
    number = 1 + pieces[0].count("\n")
    for piece in pieces[1:]:
        yield number, piece
        number += piece.count("\n")


def _split_behind_command(text: str) -> tuple[str, str]:
    """The command and its output: a command goes on over further lines until its quotes are closed."""
    lines = text.splitlines(keepends=True)
    for count in range(1, len(lines) + 1):
        command = "".join(lines[:count])
        if not command.endswith("\\\n") and _is_whole(command):
            return command, "".join(lines[count:])
    raise ValueError(f"This command has no end: {text}")


def _is_whole(command: str) -> bool:
    try:
        shlex.split(command)
    except ValueError:
        return False
    return True


def _dedented(text: str, indent: str) -> str:
    return re.sub(rf"^{indent}", "", text, flags=re.MULTILINE) if indent else text


def _slug(heading: str) -> str:
    plain = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading).replace("`", "")
    return re.sub(r"[^\w\- ]", "", plain.lower()).replace(" ", "-")
