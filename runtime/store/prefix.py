"""What all texts that a pattern matches begin with."""

import re
from dataclasses import dataclass

from runtime.query.pattern import Pattern

# Characters that stand for themselves, alone or behind a backslash.
_LITERAL = re.compile(r"[\w \-/,:;=!@%&'\"<>~`#]|\\[^\w\s]")
_QUANTIFIERS = ("*", "?", "{", "+")
# "s" is about dots alone; these others mean nothing in a filter.
_HARMLESS_OPTIONS = frozenset("sguy")


@dataclass(frozen=True)
class Prefix:
    """`is_all` tells whether everything that begins with `text` matches."""

    text: str
    is_all: bool


def prefix_of(pattern: Pattern) -> Prefix | None:
    """The prefix of `^abc...` where case counts, None where there is none."""
    source = pattern.text
    if not source.startswith("^") or "|" in source or not _HARMLESS_OPTIONS.issuperset(pattern.options):
        return None
    characters = []
    position = 1
    while match := _LITERAL.match(source, position):
        characters.append(match[0][-1])
        position = match.end()
    rest = source[position:]
    if rest.startswith(_QUANTIFIERS):
        characters = characters[:-1]
    return Prefix("".join(characters), is_all=not rest) if characters else None
