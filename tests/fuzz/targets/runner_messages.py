"""Runner to server: whatever a runner writes into its pipe, its call ends, and holds no more memory than was sent."""

import resource
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from runtime.sandbox.endings import Crashed, Ending, Finished, NotDefined, TimedOut
from runtime.sandbox.exchange import PreparationLost
from tests.fuzz.fed_runner import FedRunner, QuietHost, exchange_with
from tests.fuzz.mutating.messages import message_mutator
from tests.fuzz.target import Attempt, BrokenPromise, Target

PATIENCE_SECONDS, STALLED_SECONDS = 10.0, 0.05

LONGEST = 4096
"""What a pipe takes at once in any case: nobody reads while it is written."""

STALLING, PREPARED = 16, 5
"""Of so many inputs one comes from a runner that says no more and leaves its pipe open, or from one that was prepared."""

MOST_GROWTH_KB = 64 * 1024
"""By which this process may grow. Messages of 16 MB may be announced; what was not sent must not be held."""

TOKENS = (
    "data.find\n{}", "functions.call\n", "http.request\n{}", '{"ending": "answered"}', '{"level": "info"}',
    '{"time": 1, "level": "warning", "message": "", "fields": {}}',
)  # fmt: skip


@contextmanager
def opened(_: Path) -> Iterator[Attempt]:
    yield attempt


def attempt(data: bytes) -> None:
    lot = zlib.crc32(data)
    stalls = lot % STALLING == 0
    runner, before = FedRunner(), _peak_kb()
    try:
        if lot % PREPARED == 0:
            runner.be_prepared()
        runner.say(data)
        if not stalls:
            runner.fall_silent()
        ending: Ending = exchange_with(runner, QuietHost(), STALLED_SECONDS if stalls else PATIENCE_SECONDS)
    except PreparationLost:
        ending = Crashed("what was prepared is of no use")
    finally:
        runner.end()
    if not isinstance(ending, Finished | NotDefined | Crashed | TimedOut):
        raise BrokenPromise(f"ended in {ending!r}")
    if isinstance(ending, TimedOut) and not stalls:
        raise BrokenPromise("waited for a runner that has closed its pipe")
    if _peak_kb() - before > MOST_GROWTH_KB:
        raise BrokenPromise(f"{len(data)} bytes took {_peak_kb() - before} KB")


def _peak_kb() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


TARGET = Target("runner-messages", opened, message_mutator(TOKENS), TOKENS, longest=LONGEST)
