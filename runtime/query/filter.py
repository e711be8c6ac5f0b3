"""A filter of documents, as in the header `X-Everlive-Filter` (protocol section 3.9)."""

from dataclasses import dataclass
from typing import Any

from runtime.query.expression import Expression
from runtime.query.filter_syntax import parse_filter
from runtime.query.invalid import answered_with


@dataclass(frozen=True)
class Filter:
    """`expression` is the tree that decides."""

    expression: Expression

    @classmethod
    def parse(cls, value: Any) -> "Filter":
        """Read a filter from JSON; `None` and `{}` match everything.

        Raises ReliveError 608, whose message has the place and the problem: `Likes.$gtt: unknown operator.`
        """
        with answered_with(608):
            return cls(parse_filter({} if value is None else value))

    def matches(self, document: dict[str, Any]) -> bool:
        """Whether MongoDB would find `document` with this filter."""
        return self.expression.matches(document)
