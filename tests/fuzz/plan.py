"""Who is fed when: shares of the time, on so many processors."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

SHORTEST_SECONDS = 1.0
"""Less than this is not worth starting a process for."""


@dataclass(frozen=True)
class Turn:
    name: str
    seconds: float


def turns(shares: Mapping[str, int], seconds: float, processors: int) -> Sequence[Sequence[Turn]]:
    """For each processor its turns, which together last `seconds`.

    All turns are laid in one row, which is cut where a processor's time is over (McNaughton's wrap-around rule): so
    everybody gets the share that is theirs, and no processor is idle.
    """
    whole = seconds * processors
    rows: list[list[Turn]] = [[] for _ in range(processors)]
    position = 0.0
    for name, share in shares.items():
        left = whole * share / sum(shares.values())
        while left > 1e-6:
            row = min(int(position / seconds + 1e-9), processors - 1)
            part = left if row == processors - 1 else min(left, (row + 1) * seconds - position)
            if part >= SHORTEST_SECONDS:
                rows[row].append(Turn(name, part))
            position += part
            left -= part
    return rows
