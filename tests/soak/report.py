"""What a soak found, as tables for a person, and what of it is a failure."""

from collections.abc import Iterator

from rich.console import Console
from rich.table import Table

from tests.faults.clients import NO_ANSWER
from tests.soak.soak import RUNNERS, Result

MEGABYTE = 1024 * 1024
SHOWN = 5

MOST_TOO_LATE = 0.01
"""Of the good calls of a phase, those that may be cut short since they came too late."""

WARM, END = "after warm-up", "end"

SERVER_GROWTH = 48 * MEGABYTE
TREE_GROWTH = 160 * MEGABYTE
"""How much more memory the server process, and all processes together, may have for themselves at the end than when
they were warm. Threads that once read 6 MB keep some of it (malloc's arenas), and runners come and go."""


def failures(result: Result) -> Iterator[str]:
    """Sentences for what must not be."""
    if result.wrong:
        yield f"{len(result.wrong)} answers were wrong."
    for phase in (result.without, result.with_hostile):
        if phase.too_late > MOST_TOO_LATE * phase.good.codes.total():
            yield f"{phase.too_late} good calls came too late {phase.name}, of {phase.good.codes.total()}."
    if WARM not in result.memory or END not in result.memory:
        return
    before, after = result.memory[WARM], result.memory[END]
    for name, limit, grown in (
        ("The server", SERVER_GROWTH, after.server - before.server),
        ("All processes together", TREE_GROWTH, after.private - before.private),
    ):
        if grown > limit:
            yield f"{name} grew by {_mb(grown)}, which is more than {_mb(limit)}."
    left = result.held[END]
    if left.leaks(result.held[WARM], RUNNERS):
        yield f"Processes, threads or descriptors are left over: {left}, and {result.held[WARM]} when warm."


def show(result: Result, console: Console) -> None:
    """Print the tables and the failures."""
    console.print(_calls(result))
    console.print(_codes(result))
    console.print(_memory(result))
    good, hostile = (tally.codes.total() for tally in (result.with_hostile.good, result.with_hostile.bad))
    if hostile:
        console.print(
            f"{hostile} calls of hostile code, which are {hostile / (good + hostile):.1%} of all in their part."
        )
    console.print(
        f"{result.requests} requests, {len(result.wrong)} wrong answers, {len(result.lost)} of them lost items."
    )
    if result.with_hostile.good.times and result.without.good.times:
        ratio = result.with_hostile.percentile_ms(0.99) / result.without.percentile_ms(0.99)
        console.print(f"Hostile code makes the 99th percentile of good calls {ratio:.1f} times what it is without.")
    if WARM in result.memory and END in result.memory and result.requests:
        grown = result.memory[END].server - result.memory[WARM].server
        console.print(
            f"The server process grew by {grown / result.requests:.0f} bytes for each request since it was warm."
        )
    for wrong in result.wrong[:SHOWN]:
        console.print(f"Wrong: {wrong}", style="red", markup=False)
    for failure in failures(result):
        console.print(f"FAILED: {failure}", style="bold red", markup=False)


def _calls(result: Result) -> Table:
    table = Table("good calls", "calls/s", "succeeded", "too late", "p50 ms", "p99 ms", "slowest ms")
    for phase in (result.without, result.with_hostile):
        table.add_row(
            phase.name,
            f"{phase.good.codes.total() / phase.seconds:.0f}" if phase.seconds else "",
            str(phase.good.codes[0]),
            str(phase.too_late),
            f"{phase.percentile_ms(0.5):.1f}",
            f"{phase.percentile_ms(0.99):.1f}",
            f"{phase.good.slowest * 1000:.0f}",
        )
    return table


def _codes(result: Result) -> Table:
    columns: dict[str, dict[int, int]] = {}
    for phase in (result.without, result.with_hostile):
        columns[f"good, {phase.name}"] = phase.good.codes
    columns["hostile calls"] = result.with_hostile.bad.codes
    table = Table("code", *columns)
    for code in sorted({code for codes in columns.values() for code in codes}):
        table.add_row(_name(code), *(str(codes.get(code, 0)) for codes in columns.values()))
    return table


def _memory(result: Result) -> Table:
    table = Table("MB", "server", "private", "resident", "data", "processes", "threads", "files")
    for moment, memory in result.memory.items():
        held = result.held[moment]
        table.add_row(
            moment,
            *(f"{size / MEGABYTE:.1f}" for size in (memory.server, memory.private, memory.resident, memory.data)),
            str(memory.processes),
            str(held.threads),
            str(held.descriptors + held.pipes),
        )
    return table


def _name(code: int) -> str:
    return {0: "success", NO_ANSWER: "no answer"}.get(code, str(code))


def _mb(size: float) -> str:
    return f"{size / MEGABYTE:.1f} MB"
