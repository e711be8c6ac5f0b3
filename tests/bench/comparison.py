"""Two servers under the same load, in turns, so that both have the same machine."""

import statistics
from dataclasses import dataclass

from tests.bench.load import Load, Traffic, load

ROUNDS = 5
WARM_UP_SECONDS = 1


@dataclass(frozen=True)
class Contender:
    """A server, and what is sent to it."""

    port: int
    traffic: Traffic


@dataclass(frozen=True)
class Compared:
    """The loads of the two in each round."""

    rounds: tuple[tuple[Load, Load], ...]

    @property
    def throughput(self) -> float:
        """Our requests a second to theirs: the median of the ratios of the rounds."""
        return statistics.median(mine.requests_per_second / theirs.requests_per_second for mine, theirs in self.rounds)

    @property
    def latency(self) -> float:
        """Our median time to theirs: the median of the ratios of the rounds."""
        return statistics.median(mine.median_ms / theirs.median_ms for mine, theirs in self.rounds)

    @property
    def mine(self) -> Load:
        return _middle([mine for mine, _ in self.rounds])

    @property
    def theirs(self) -> Load:
        return _middle([theirs for _, theirs in self.rounds])


def in_turns(mine: Contender, theirs: Contender, *, connections: int, seconds: float, rounds: int = ROUNDS) -> Compared:
    """Each under load for as many seconds in each round, after a while in which both get warm."""
    for contender in (mine, theirs):
        load(contender.port, contender.traffic, connections=connections, seconds=WARM_UP_SECONDS)
    return Compared(
        tuple(
            (
                load(mine.port, mine.traffic, connections=connections, seconds=seconds),
                load(theirs.port, theirs.traffic, connections=connections, seconds=seconds),
            )
            for _ in range(rounds)
        )
    )


def _middle(loads: list[Load]) -> Load:
    return sorted(loads, key=lambda load: load.requests_per_second)[len(loads) // 2]
