"""What tests ask of a breaker that disables after 3 time-outs in 30 minutes, for 10 minutes."""

from runtime.cloudcode.breaker import MINUTE, Breaker
from runtime.errors import ReliveError

COOLDOWN = 10 * MINUTE
WINDOW = 30 * MINUTE


def is_open(breaker: Breaker, app: str = "a", function: str = "f") -> bool:
    """Whether a call is let through; it then counts as begun."""
    try:
        breaker.check(app, function)
    except ReliveError as error:
        return error.code != 955
    return True


def time_out(breaker: Breaker, times: int = 1, app: str = "a", function: str = "f") -> None:
    for _ in range(times):
        breaker.check(app, function)
        breaker.record_timeout(app, function)
