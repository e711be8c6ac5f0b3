"""Regular expressions from outside, matched in linear time by RE2.

No pattern runs away with the host, which is why it is not Python's `re`. But linear is not fast: where RE2's automaton
does not fit into memory, each byte of the text takes as long as the pattern's program is large, and nothing can stop a
search midway. So a search is small, or it is refused. RE2 has no lookaround, no backreferences and no possessive
quantifiers; `\\d` and `\\w` are ASCII, as in MongoDB; `$` without `m` is only the very end, not the place before a last
newline.
"""

import re
from dataclasses import dataclass, field
from typing import Any

import re2

from runtime.query.interruption import CHECK_EVERY, watched, worked
from runtime.query.invalid import Invalid, inside

MAX_LENGTH = 1000
# Instructions of the compiled pattern. More would take too long to compile.
MAX_PROGRAM = 4000
# The same for all patterns of one filter, which may be matched against one text each.
MAX_PROGRAMS = 3 * MAX_PROGRAM
MAX_PATTERNS = 50
_MEMORY = 8 * 2**20
MAX_WORK = 10**8
"""Bytes of a text, times instructions of the pattern, in one search: less than a second, whatever both are."""
# So much of it takes at most about as long as the element of an array does, with all its conditions.
_STEP = 10**4

# `g` (and `u`, `y`) come from JavaScript's patterns and change nothing in a filter (protocol section 3.9).
_IGNORED = frozenset("guy")
_FLAGS = frozenset("ims")
_UNSUPPORTED = re.compile(r"\(\?(=|!|<=|<!|>|#|\()|\\[1-9kGZRXK]|[*+?}]\+")


class TextTooLongError(Exception):
    """A search in a text would take too long with a pattern of this size. The message is a part of a sentence."""


@dataclass(frozen=True)
class Pattern:
    """A text's pattern with MongoDB's options `i`, `m`, `s` and `x`."""

    text: str
    options: str
    _compiled: Any = field(compare=False, repr=False)

    @classmethod
    def parse(cls, text: Any, options: Any, where: str) -> "Pattern":
        """Compile `text`; raises `Invalid` at `where` with RE2's reason, or on options that do not exist."""
        worked(CHECK_EVERY)
        if not isinstance(text, str):
            raise Invalid(inside(where, "$regex"), "must be a text")
        if not isinstance(options, str):
            raise Invalid(inside(where, "$options"), "must be a text")
        unknown = sorted(set(options) - _FLAGS - _IGNORED - {"x"})
        if unknown:
            raise Invalid(inside(where, "$options"), f"unknown option {unknown[0]}; there are i, m, s and x")
        if len(text) > MAX_LENGTH:
            raise Invalid(inside(where, "$regex"), f"longer than {MAX_LENGTH} characters")
        flags = "".join(sorted(set(options) & _FLAGS))
        source = _without_layout(text) if "x" in options else text
        return cls(text, options, _compiled(f"(?{flags}){source}" if flags else source, inside(where, "$regex")))

    @property
    def program_size(self) -> int:
        return int(self._compiled.programsize)

    def found_in(self, value: Any) -> bool:
        """Whether `value` is text that has a match in it.

        Raises TextTooLongError when there is none in as much of it as can be searched.
        """
        if not isinstance(value, str):
            return False
        text = value.encode("utf-8", "replace")  # half of a surrogate pair, which JSON may carry, becomes "?"
        size = self.program_size
        searched = min(len(text), MAX_WORK // size)
        worked(searched * size // _STEP)
        # RE2 sees that the text goes on: `$` and `\b` match at the end of this part only if they do in the whole text.
        if self._compiled.search(text, 0, searched) is not None:
            return True
        if searched < len(text):
            raise TextTooLongError(f"a text of {len(text):,} bytes is too long for the pattern /{self.text}/")
        return False


def require_few_patterns(value: Any) -> None:
    """Raise `Invalid` for an expression with more than `MAX_PATTERNS`, before any is compiled, which takes time."""
    if _count(value) > MAX_PATTERNS:
        raise Invalid("", f"more than {MAX_PATTERNS} patterns")


def _count(value: Any) -> int:
    if isinstance(value, list):
        return sum(map(_count, watched(value)))
    if isinstance(value, dict):
        return sum((name == "$regex") + _count(inner) for name, inner in watched(value.items()))
    return 0


def _compiled(source: str, where: str) -> Any:
    options = re2.Options()
    options.max_mem = _MEMORY
    options.log_errors = False
    options.never_capture = True  # groups take a search of their own, and nobody asks for them
    try:
        compiled = re2.compile(source, options)
    except re2.error as error:
        reason = error.args[0].decode("utf-8", "replace") if error.args else "invalid"
        hint = ". Lookaround, backreferences and possessive quantifiers are not supported"
        raise Invalid(where, f"{reason}{hint if _UNSUPPORTED.search(source) else ''}") from error
    except UnicodeEncodeError as error:
        raise Invalid(where, "has half of a surrogate pair") from error
    if compiled.programsize > MAX_PROGRAM:
        raise Invalid(where, "the pattern is too large; use smaller repetitions")
    return compiled


def _without_layout(text: str) -> str:
    """What option `x` leaves of a pattern: no white space and no comments, but in brackets and behind a backslash."""
    return re.sub(r"(\\.|\[\^?\]?(?:\\.|[^\]\\])*\])|\s+|#[^\n]*", lambda match: match[1] or "", text, flags=re.DOTALL)
