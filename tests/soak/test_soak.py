"""The soak, for a few seconds; and that it notices what it is there for."""

from dataclasses import replace
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

from tests.faults.server import KEPT_THREADS, Held
from tests.sandbox.processes import needs_proc
from tests.soak.report import END, SERVER_GROWTH, TREE_GROWTH, WARM, failures, show
from tests.soak.soak import HOSTILE_PART, RUNNERS, Memory, Phase, Result, Soak, make_server

MEMORY = Memory(server=40_000_000, private=90_000_000, resident=500_000_000, processes=12, data=10_000_000)
HELD = Held(children=1, threads=12, descriptors=20, pipes=10)


def sound() -> Result:
    """What a soak finds when all is well."""
    result = Result(memory={WARM: MEMORY, END: MEMORY}, held={WARM: HELD, END: HELD})
    for phase in (result.without, result.with_hostile):
        phase.seconds = 10
        phase.good.codes[0] = 1000
        phase.good.times = [0.01] * 1000
    return result


@pytest.mark.slow
@needs_proc
def test_a_few_seconds_of_it(tmp_path: Path, guests: Path) -> None:
    server = make_server(tmp_path, guests)
    shown: list[str] = []
    try:
        server.start()
        result = Soak(server, 8, lambda phase, part, requests: shown.append(phase)).run()
    finally:
        server.end()
    text = StringIO()
    show(result, Console(file=text, width=200))
    # How many calls come too late in so short a time tells of the machine alone.
    assert not [failure for failure in failures(result) if "too late" not in failure], text.getvalue()
    assert list(dict.fromkeys(shown)) == ["warm-up", "without hostile code", "with hostile code"]
    good, bad = result.with_hostile.good.codes.total(), result.with_hostile.bad.codes.total()
    assert 0 < bad <= HOSTILE_PART * (good + bad) + 1
    assert result.without.bad.codes.total() == 0
    assert all(phase.good.codes[0] > 10 for phase in (result.without, result.with_hostile))


@pytest.mark.slow
@needs_proc
def test_it_can_be_ended_early(tmp_path: Path, guests: Path) -> None:
    server = make_server(tmp_path, guests)
    try:
        server.start()
        soak = Soak(server, 3600, lambda *_: None)
        soak.stop()
        result = soak.run()
    finally:
        server.end()
    assert not result.wrong
    show(result, Console(file=StringIO()))


def test_all_is_well() -> None:
    assert list(failures(sound())) == []


def test_a_wrong_answer() -> None:
    result = sound()
    result.with_hostile.good.wrong.append("double: 3")
    text = StringIO()
    show(result, Console(file=text, width=200))
    assert list(failures(result)) == ["1 answers were wrong."]
    assert "Wrong: double: 3" in text.getvalue()


@pytest.mark.parametrize(("code", "times", "fails"), [(902, 10, False), (902, 11, True), (650, 11, True)])
@pytest.mark.parametrize("name", ["without", "with_hostile"])
def test_good_calls_that_came_too_late(name: str, code: int, times: int, fails: bool) -> None:
    result = sound()
    phase: Phase = getattr(result, name)
    phase.good.codes[code] = times
    phase.good.codes[0] -= times
    phase.good.times[:times] = [2.0] * times
    text = StringIO()
    show(result, Console(file=text, width=200))
    assert bool(list(failures(result))) == fails
    row = next(line for line in text.getvalue().splitlines() if phase.name in line)
    assert str(times) in [cell.strip() for cell in row.split("│")]
    assert phase.too_late == times
    assert phase.percentile_ms(0.99) == 2000
    assert phase.percentile_ms(0.5) == 10


def test_a_lost_item() -> None:
    result = sound()
    result.lost.append("note 4")
    assert len(list(failures(result))) == 1


@pytest.mark.parametrize(
    ("memory", "fails"),
    [
        (replace(MEMORY, server=MEMORY.server + SERVER_GROWTH), False),
        (replace(MEMORY, server=MEMORY.server + SERVER_GROWTH + 1), True),
        (replace(MEMORY, private=MEMORY.private + TREE_GROWTH + 1), True),
        (replace(MEMORY, server=0, private=0), False),
    ],
    ids=["as much as may be", "the server", "all processes", "less"],
)
def test_memory_that_grows(memory: Memory, fails: bool) -> None:
    result = sound()
    result.memory[END] = memory
    assert bool(list(failures(result))) == fails


@pytest.mark.parametrize(
    ("held", "fails"),
    [
        (replace(HELD, pipes=HELD.pipes + 2 * RUNNERS), False),
        (replace(HELD, pipes=HELD.pipes + 2 * RUNNERS + 1), True),
        (replace(HELD, children=2), True),
        (replace(HELD, threads=12 + KEPT_THREADS + 1), True),
        (replace(HELD, descriptors=21), True),
        (replace(HELD, descriptors=1), False),
    ],
    ids=["more runners", "pipes", "children", "threads", "descriptors", "fewer"],
)
def test_what_is_left_over(held: Held, fails: bool) -> None:
    result = sound()
    result.held[END] = held
    assert bool(list(failures(result))) == fails
