"""What one request may use up, counted for the whole tree of calls that it causes."""

import threading
from dataclasses import dataclass, field, replace

from runtime.deadline import Deadline
from runtime.errors import ReliveError


class HostCallCounter:
    """Counts the host calls of a request; calls nested in it count on the same counter, from several threads."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self._used = 0
        self._lock = threading.Lock()

    def take(self) -> bool:
        """Count one more call; False when the limit is used up."""
        with self._lock:
            if self._used >= self.limit:
                return False
            self._used += 1
            return True


@dataclass(frozen=True)
class Budget:
    """The deadline, the host calls and the nesting of one request.

    `depth` is 0 for the request itself, and one more for every call that user code makes to other user code.
    `trail` names the steps that led here, outermost first.
    """

    deadline: Deadline
    host_calls: HostCallCounter
    depth_limit: int
    request_id: str = ""
    depth: int = 0
    trail: tuple[str, ...] = field(default=())

    @classmethod
    def start(
        cls, seconds: float, host_calls: int, depth_limit: int, *, request_id: str = "", depth: int = 0
    ) -> "Budget":
        return cls(Deadline.after(seconds), HostCallCounter(host_calls), depth_limit, request_id, depth)

    def entering(self, step: str) -> "Budget":
        """The same budget with `step` at the end of the trail."""
        return replace(self, trail=(*self.trail, step))

    def nested(self) -> "Budget":
        """The budget of a call that user code makes: the same deadline and counter, one level deeper.

        Raises ReliveError 617 beyond the depth limit, with the trail in its details.
        """
        deeper = replace(self, depth=self.depth + 1)
        deeper.check_depth()
        return deeper

    def check_depth(self) -> None:
        """Raise ReliveError 617 if this is nested too deeply; a request from elsewhere may come so."""
        if self.depth > self.depth_limit:
            trail = f": {' > '.join(self.trail)}" if self.trail else ""
            specifics = f"Calls are nested deeper than {self.depth_limit}{trail}."
            raise ReliveError(617, specifics, details={"trail": list(self.trail)})
