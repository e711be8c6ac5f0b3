"""What an operation asks of those who want to have a say before and after it: user code, through `cloudcode`."""

from dataclasses import dataclass
from typing import Any, Protocol

from runtime.budget import Budget
from runtime.data.request import DataAnswer, DataRequest
from runtime.errors import ReliveError


class AffectedItems(Protocol):
    """The items that an update or a delete is about to change, or has changed."""

    def ids(self, request: DataRequest) -> list[str]:
        """Their ids. Before the operation, those that `request` would change; it then changes no others."""
        ...

    def originals(self, request: DataRequest) -> list[dict[str, Any]]:
        """The items as they are before the operation. Raises ReliveError 601 when they are too large together."""
        ...


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

    def before(self, request: DataRequest, affected: AffectedItems) -> Before:
        """Raises ReliveError to keep the operation from running."""
        ...

    def after(
        self, request: DataRequest, outcome: DataAnswer | ReliveError, affected: AffectedItems
    ) -> DataAnswer:
        """The answer to give. Raises ReliveError, for one what the operation failed with; nothing is taken back."""
        ...


class Hooks(Protocol):
    def around(self, request: DataRequest, budget: Budget) -> Hook | None:
        """The hook for an operation; None when nobody wants a say, which must cost next to nothing."""
        ...
