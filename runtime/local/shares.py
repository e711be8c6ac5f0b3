"""What each process of a server may have at once, so that all together have what the settings say."""

import os
from dataclasses import dataclass

from runtime.settings import Settings

LEAST_REQUESTS = 8


@dataclass(frozen=True)
class Share:
    """One process's settings, and how many requests it works on at once."""

    settings: Settings
    requests: int


def requests_at_once(settings: Settings) -> int:
    """As many requests run at once as there are runners that are not kept for nested calls, and some at least."""
    return max(LEAST_REQUESTS, settings.runners - settings.depth)


def number_of_processes(settings: Settings) -> int:
    """As many as the settings say, or as there are processors for this one."""
    if settings.processes:
        return settings.processes
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def shares(settings: Settings) -> list[Share]:
    """One for each process.

    The runners that are not kept for nested calls are divided, and so are the requests. Each process keeps its own for
    nested calls, because a call that waits for them cannot wait for those of another process. Each has one of the
    others at least.
    """
    number = number_of_processes(settings)
    free = _divided(settings.runners - settings.depth, number)
    requests = _divided(requests_at_once(settings), number)
    return [
        Share(_with_runners(settings, settings.depth + own), some) for own, some in zip(free, requests, strict=True)
    ]


def _with_runners(settings: Settings, runners: int) -> Settings:
    of_one_request = min(settings.runners_per_request, runners)
    return settings.model_copy(update={"runners": runners, "runners_per_request": of_one_request})


def _divided(total: int, number: int) -> list[int]:
    return [max(1, total // number + (position < total % number)) for position in range(number)]
