"""The engines that the contract is held against, and a clock for them."""

from collections.abc import Callable
from pathlib import Path

from runtime.store.port import Store
from runtime.store.sqlite import SqliteStore


class Clock:
    """A clock that moves when a test says so; seconds since the epoch."""

    def __init__(self, now: float = 1_700_000_000.0) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now


ENGINES: dict[str, Callable[[Path, Clock], Store]] = {
    "sqlite": lambda folder, clock: SqliteStore(folder / "relive.db", clock=clock),
    "sqlite-not-durable": lambda folder, clock: SqliteStore(folder / "relive.db", durable=False, clock=clock),
}
