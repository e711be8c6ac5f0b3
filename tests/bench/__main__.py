"""Prints the tables of `make bench`; with PEERS=1, also what is measured against Parse Server."""

import os
from collections.abc import Iterable
from pathlib import Path

from rich.console import Console
from rich.table import Table

from runtime.sandbox.architecture import compiled_guest
from runtime.settings import Settings
from tests.bench import aims, cold_start, data, dynamodb, http, parse, sandbox
from tests.bench.aims import Aim
from tests.bench.cold_start import ColdStarts
from tests.bench.load import Load
from tests.bench.peers.parse_server import server as parse_server

LOAD = ("requests a second", "median ms", "p99 ms")


def main() -> None:
    console = Console()
    guest = compiled_guest(Path(Settings().guests))
    measured: list[Aim] = []

    with console.status("Calls of the sandbox, against the start of a bare Python"):
        calls = sandbox.measure(guest)
    table = _table("One call of user code, in a fresh instance", "what", "milliseconds", f"of {sandbox.BARE}")
    for name, call in calls.items():
        ratio = call.ratio_to(calls[sandbox.BARE])
        table.add_row(name, f"{call.median * 1000:.2f}", f"{ratio:.3f} (1/{1 / ratio:.1f})")
    console.print(table)
    measured += aims.of_sandbox(calls)

    table = _table("Hello over HTTP, a fresh sandbox for each request", "connections", *LOAD)
    with console.status("Hello over HTTP"):
        for connections, load in http.measure():
            table.add_row(str(connections), *_cells(load))
    console.print(table)

    table = _table(f"Items over HTTP, on {data.CONNECTIONS} connections", "what", *LOAD, "times as long")
    with console.status("Items over HTTP"):
        for row in data.measure():
            longer = "" if row.times_longer is None else f"{row.times_longer:.2f} (at most 3)"
            table.add_row(row.name, *_cells(row.load), longer)
    console.print(table)

    no_emulator = cold_start.why_not()
    if not no_emulator:
        with console.status("Cold starts in Lambda's emulator, against a handler with Powertools alone"):
            cold_starts = cold_start.measure()
        console.print(_cold_starts(cold_starts))
        measured += aims.of_cold_starts(cold_starts)

    table = _table("Items in DynamoDB, each operation", "what", "requests", "read units", "write units", "$ a million")
    with console.status("Items in DynamoDB"):
        for cost in dynamodb.measure():
            units = (cost.requests, cost.read_units, cost.write_units)
            table.add_row(cost.name, *map(str, units), f"{cost.price:.2f}")
    console.print(table)

    with console.status("Hello over HTTP, against functions-framework"):
        measured += aims.of_hello(http.against_functions_framework())
    left_out = _why_not_parse()
    if not left_out:
        with console.status("Functions, hooks and reads over HTTP, against Parse Server"):
            measured += aims.of_parse(parse.measure())
    console.print(_aims(measured))
    if left_out:
        console.print(f"Not measured against Parse Server: {left_out}.")
    if no_emulator:
        console.print(f"Cold starts in Lambda were not measured: {no_emulator}.")


def _why_not_parse() -> str:
    return parse_server.why_not() if os.environ.get("PEERS") == "1" else "ask for it with PEERS=1 make bench"


def _cold_starts(measured: ColdStarts) -> Table:
    table = _table(
        f"A cold start in Lambda's emulator, items in {measured.store}", "what", "Relive", cold_start.PEER_NAME, "ratio"
    )
    for stage, (mine, theirs) in measured.stages.items():
        cells = (f"{each.median * 1000:.1f} ms" for each in (mine, theirs))
        table.add_row(stage, *cells, f"{mine.ratio_to(theirs):.2f}")
    to_function, _ = measured.stages[cold_start.TO_FUNCTION]
    ratio = measured.restore_to_function.ratio_to(to_function)
    table.add_row(cold_start.RESTORE, f"{measured.restore.median * 1000:.1f} ms", "", "")
    table.add_row(
        cold_start.RESTORE_TO_FUNCTION,
        f"{measured.restore_to_function.median * 1000:.1f} ms",
        "",
        f"{ratio:.2f} of a cold start",
    )
    table.add_row(cold_start.WARM, f"{measured.warm.median * 1000:.1f} ms (at most 10)", "", "")
    return table


def _aims(measured: Iterable[Aim]) -> Table:
    table = _table("Aims", "what", "Relive", "peer", "ratio", "aim", "met")
    for aim in measured:
        table.add_row(
            aim.what, aim.mine, aim.theirs, f"{aim.ratio:.3f}", aim.aimed_at, "yes" if aim.met else "[bold]no[/bold]"
        )
    return table


def _table(title: str, *columns: str) -> Table:
    table = Table(title=title)
    for column in columns:
        table.add_column(column, justify="left" if column == "what" else "right")
    return table


def _cells(load: Load) -> list[str]:
    return [f"{number:.1f}" for number in (load.requests_per_second, load.median_ms, load.p99_ms)]


if __name__ == "__main__":
    main()
