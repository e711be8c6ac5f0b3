"""What `make bench` measures against what it aims at: floors on the way to the speed of software without a sandbox."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from tests.bench import cold_start, parse, sandbox
from tests.bench.cold_start import ColdStarts
from tests.bench.comparison import Compared
from tests.bench.load import Load
from tests.bench.measuring import Measured
from tests.bench.memory import MEGABYTE
from tests.bench.parse import AgainstParse

FUNCTIONS_FRAMEWORK = "functions-framework"
PARSE = "Parse Server"


@dataclass(frozen=True)
class Aim:
    """One row: ours and theirs as they were measured, and their ratio against the aim."""

    what: str
    mine: str
    theirs: str
    ratio: float
    aim: float
    at_most: bool = False

    @property
    def met(self) -> bool:
        return self.ratio <= self.aim if self.at_most else self.ratio >= self.aim

    @property
    def aimed_at(self) -> str:
        return f"at {'most' if self.at_most else 'least'} {self.aim:g}"


def of_sandbox(calls: Mapping[str, Measured]) -> Iterator[Aim]:
    bare = calls[sandbox.BARE]
    for what, aim in ((sandbox.FRESH, 1 / 10), (sandbox.PREPARED, 1 / 25)):
        mine, theirs = (f"{call.median * 1000:.2f} ms" for call in (calls[what], bare))
        yield Aim(f"{what}, to {sandbox.BARE}", mine, theirs, calls[what].ratio_to(bare), aim, at_most=True)


def of_hello(compared: Mapping[int, Compared]) -> Iterator[Aim]:
    one, eight = compared[1], compared[8]
    yield _faster(f"hello on 8 connections, to {FUNCTIONS_FRAMEWORK}", eight, 0.35)
    mine, theirs = (f"{load.median_ms:.2f} ms" for load in (one.mine, one.theirs))
    what = f"hello on 1 connection, median, to {FUNCTIONS_FRAMEWORK}"
    yield Aim(what, mine, theirs, one.latency, 2.5, at_most=True)


def of_parse(measured: AgainstParse) -> Iterator[Aim]:
    aims = {
        "hello": 0.4,
        "create with a before hook": 0.7,
        "read by id": 1.0,
        "page by an indexed field": 1.0,
    }
    for mode in (parse.IN_ONE, parse.IN_MANY):
        for what, aim in aims.items():
            yield _faster(f"{what} on 8 connections{mode}, to {PARSE}", measured.loads[what + mode], aim)
    if measured.our_memory is None:
        return
    mine, theirs = (f"{taken / MEGABYTE:.0f} MB" for taken in (measured.our_memory, measured.their_memory))
    ratio = measured.our_memory / measured.their_memory
    yield Aim(f"private memory with 8 busy runners, to {PARSE}'s resident", mine, theirs, ratio, 0.6, at_most=True)


def of_cold_starts(measured: ColdStarts) -> Iterator[Aim]:
    for stage in cold_start.AIMED_AT:
        mine, theirs = measured.stages[stage]
        told = (f"{each.median * 1000:.0f} ms" for each in (mine, theirs))
        yield Aim(f"{stage}, to {cold_start.PEER_NAME}", *told, mine.ratio_to(theirs), 1.6, at_most=True)


def _faster(what: str, compared: Compared, aim: float) -> Aim:
    return Aim(what, _per_second(compared.mine), _per_second(compared.theirs), compared.throughput, aim)


def _per_second(load: Load) -> str:
    return f"{load.requests_per_second:.0f}/s"
