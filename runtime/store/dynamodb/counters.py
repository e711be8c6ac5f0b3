"""How many documents a collection has, counted along with every write.

The number is spread over slots, of which a write takes any, so that not all writes meet at one item.
"""

import random

from runtime.deadline import Deadline
from runtime.store.dynamodb.actions import Update
from runtime.store.dynamodb.keys import COUNTER_SLOTS, Keys
from runtime.store.dynamodb.table import Table

COUNT = "k"


def counting(keys: Keys, change: int) -> Update:
    """The part of a transaction that counts what it inserts or deletes."""
    slot = keys.counter(random.randrange(keys.shards), random.randrange(COUNTER_SLOTS))
    return Update(slot, "ADD #count :change", {"#count": COUNT}, {":change": {"N": str(change)}})


def counted(table: Table, keys: Keys, deadline: Deadline) -> int:
    return sum(
        int(item[COUNT]["N"])
        for shard in range(keys.shards)
        for page in table.query(keys.counters(shard), deadline)
        for item in page.items
    )
