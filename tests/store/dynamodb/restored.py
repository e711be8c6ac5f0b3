"""A table that is put back as it was before each attempt: to make and fill another one takes a dozen requests."""

from collections.abc import Callable

from runtime.store.documents import NEVER
from runtime.store.dynamodb.actions import Item, Key
from runtime.store.dynamodb.client import DynamoDBClient
from runtime.store.dynamodb.table import Table
from tests.store.stand_ins.stand_in import StandIn


class RestoredTable:
    """A new table of a stand-in. `direct` is without faults."""

    def __init__(self, aws: StandIn) -> None:
        self.direct = aws.table()
        self._kept: dict[Key, Item] = {}

    def through(self, client: Callable[[], DynamoDBClient], *, patience: float) -> Table:
        """The same table by another client."""
        return Table(client, self.direct.name, patience=patience)

    def items(self) -> dict[Key, Item]:
        """All that is in it."""
        return {Key.of(item): item for page in self.direct.scan(NEVER) for item in page.items}

    def keep(self) -> None:
        """From now on it is put back as it is now."""
        self._kept = self.items()

    def restore(self) -> None:
        there = self.items()
        missing = [item for key, item in self._kept.items() if there.get(key) != item]
        self.direct.write_many(NEVER, puts=missing, deletes=list(there.keys() - self._kept.keys()))
