"""What an operation asks of those who want to have a say before and after it: user code, through `cloudcode`."""

from dataclasses import dataclass
from typing import Protocol

from runtime.budget import Budget
from runtime.data.affected import Affected
from runtime.data.request import DataAnswer, DataRequest
from runtime.errors import ReliveError


@dataclass(frozen=True)
class Before:
    """What a before hook ends in: the request to go on with, or the answer that takes the place of the operation."""

    request: DataRequest
    answer: DataAnswer | None = None


class Hook(Protocol):
    """The hooks around one operation; made for it, and used for it alone."""

    @property
    def has_after(self) -> bool:
        """Whether `after` does anything: what it may ask for is kept only then."""
        ...

    def before(self, request: DataRequest, affected: Affected) -> Before:
        """Raises ReliveError to keep the operation from running."""
        ...

    def after(self, request: DataRequest, outcome: DataAnswer | ReliveError, affected: Affected) -> DataAnswer:
        """The answer to give. Raises ReliveError, for one what the operation failed with; nothing is taken back."""
        ...


class Hooks(Protocol):
    def around(self, request: DataRequest, budget: Budget) -> Hook | None:
        """The hook for an operation; None when nobody wants a say, which must cost next to nothing."""
        ...
