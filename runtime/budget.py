"""What one request may use up, counted for the whole tree of calls that it causes."""

import threading
from dataclasses import dataclass, field, replace
from typing import Protocol

from runtime.deadline import Deadline
from runtime.errors import ReliveError
from runtime.held import MEGABYTE, HeldBytes, Hold
from runtime.turns import Turns


class Limits(Protocol):
    """The settings that say how much a request may use up."""

    @property
    def budget_seconds(self) -> float: ...
    @property
    def host_calls(self) -> int: ...
    @property
    def code_calls(self) -> int: ...
    @property
    def depth(self) -> int: ...
    @property
    def runners_of_one_request(self) -> int: ...
    @property
    def held_mb(self) -> float: ...
    @property
    def request_log_kb(self) -> int: ...


class Allowance:
    """So much of something a request may use up; what is nested in it uses up the same, from several threads."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self._used = 0
        self._lock = threading.Lock()

    def take(self, amount: int = 1) -> bool:
        """Use up so much; False, and nothing is used up, when that is more than is left."""
        with self._lock:
            if self._used + amount > self.limit:
                return False
            self._used += amount
            return True

    def use_up(self) -> None:
        """Leave nothing for anybody."""
        with self._lock:
            self._used = self.limit


@dataclass(frozen=True)
class Tree:
    """What a request and all that is nested in it use up together.

    `host_calls` are calls of user code to the host; `code_calls` those of user code itself, by whatever way; `log` is
    in bytes. `runners` and `held` are for what there is at once, and come back.
    """

    host_calls: Allowance
    code_calls: Allowance
    log: Allowance
    runners: Turns
    held: HeldBytes


@dataclass(frozen=True)
class Budget:
    """The deadline of one request, its place among nested calls, and what it has together with them.

    `depth` is 0 for the request itself, and one more for every call that user code makes to other user code.
    `trail` names the steps that led here, outermost first. `hold` is what the host call holds within which this is.
    """

    deadline: Deadline
    tree: Tree
    depth_limit: int
    request_id: str = ""
    depth: int = 0
    trail: tuple[str, ...] = ()
    hold: Hold = field(default_factory=Hold)

    @classmethod
    def start(cls, limits: Limits, *, request_id: str = "", depth: int = 0, waited: float = 0) -> "Budget":
        """The budget of a new request, which may come from user code `depth` levels deep somewhere else.

        `waited` is how many seconds of its time have passed already.
        """
        tree = Tree(
            host_calls=Allowance(limits.host_calls),
            code_calls=Allowance(limits.code_calls),
            log=Allowance(limits.request_log_kb * 1024),
            runners=Turns(limits.runners_of_one_request, limits.depth),
            held=HeldBytes(int(limits.held_mb * MEGABYTE)),
        )
        return cls(Deadline.after(limits.budget_seconds - waited), tree, limits.depth, request_id, depth)

    def entering(self, step: str) -> "Budget":
        """The same budget with `step` at the end of the trail."""
        return replace(self, trail=(*self.trail, step))

    def nested(self) -> "Budget":
        """The budget of a call that user code makes: the same deadline and tree, one level deeper.

        Raises ReliveError 617 beyond the depth limit, with the trail in its details.
        """
        deeper = replace(self, depth=self.depth + 1)
        deeper.check_depth()
        return deeper

    def holding(self) -> "Budget":
        """The budget of a host call: what it holds is counted, and given back when the block of its `hold` ends."""
        return replace(self, hold=Hold(self.tree.held))

    def check_depth(self) -> None:
        """Raise ReliveError 617 if this is nested too deeply; a request from elsewhere may come so."""
        if self.depth > self.depth_limit:
            raise self._endless(f"Calls are nested deeper than {self.depth_limit}")

    def take_code_call(self) -> None:
        """Count one more call of user code. Raises ReliveError 617, with the trail, when there were too many."""
        if not self.tree.code_calls.take():
            raise self._endless(f"The request has called code {self.tree.code_calls.limit} times, and once more")

    def _endless(self, sentence: str) -> ReliveError:
        trail = f": {' > '.join(self.trail)}" if self.trail else ""
        return ReliveError(617, f"{sentence}{trail}.", details={"trail": list(self.trail)})
