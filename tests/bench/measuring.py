"""How times are taken: in rounds, each thing in its turn, and the medians of the rounds compared."""

import statistics
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Measured:
    """Seconds for one operation: the median of each round."""

    rounds: tuple[float, ...]

    @property
    def median(self) -> float:
        return statistics.median(self.rounds)

    def ratio_to(self, other: "Measured") -> float:
        """The median of the ratios of the rounds, which is steadier than the ratio of the medians."""
        return statistics.median(mine / theirs for mine, theirs in zip(self.rounds, other.rounds, strict=True))


def in_turns(
    operations: Mapping[str, Callable[[], object]],
    *,
    rounds: int,
    repeat: int,
    pauses: Mapping[str, float] | None = None,
) -> dict[str, Measured]:
    """Run every operation `repeat` times in each round, and note the median of its seconds.

    `pauses` are seconds to wait before an operation, each time, which do not count.
    """
    pauses = pauses or {}
    noted: dict[str, list[float]] = {name: [] for name in operations}
    for operation in operations.values():
        operation()  # the first time is another thing
    for _ in range(rounds):
        for name, operation in operations.items():
            pause = pauses.get(name, 0)
            noted[name].append(statistics.median(_seconds(operation, pause) for _ in range(repeat)))
    return {name: Measured(tuple(seconds)) for name, seconds in noted.items()}


def _seconds(operation: Callable[[], object], pause: float) -> float:
    time.sleep(pause)
    started = time.perf_counter()
    operation()
    return time.perf_counter() - started
