"""How much of the sandbox one request may have at once, with all that its calls of user code call in turn."""

from dataclasses import dataclass

from runtime.held import HeldBytes
from runtime.turns import Turns

HELD_BYTES = 128 * 1024 * 1024
"""For a call that no request has made."""


@dataclass(frozen=True)
class Share:
    """What the calls of one request have together.

    `runners` are those that they may hold at once; further calls wait. `held` counts what this process keeps of their
    host calls. One whose arguments or whose reply do not fit is answered with `refusal`, which the guest can read.
    """

    runners: Turns
    held: HeldBytes
    refusal: str

    @classmethod
    def of_one_call(cls) -> "Share":
        """For a call that makes no others."""
        return cls(Turns(1, deepest=0), HeldBytes(HELD_BYTES), "{}")
