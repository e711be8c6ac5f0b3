"""Prints the table of `make bench`."""

from pathlib import Path

from rich.console import Console
from rich.table import Table

from runtime.sandbox.architecture import compiled_guest
from runtime.settings import Settings
from tests.bench import data, http, sandbox
from tests.bench.server import Load

LOAD = ("requests a second", "median ms", "p99 ms")


def main() -> None:
    console = Console()
    guest = compiled_guest(Path(Settings().guests))

    with console.status("Calls of the sandbox, against the start of a bare Python"):
        calls = sandbox.measure(guest)
    table = Table(title="One call of user code, in a fresh instance")
    for column in ("what", "milliseconds", f"of {sandbox.BARE}"):
        table.add_column(column, justify="left" if column == "what" else "right")
    for name, measured in calls.items():
        ratio = measured.ratio_to(calls[sandbox.BARE])
        table.add_row(name, f"{measured.median * 1000:.2f}", f"{ratio:.3f} (1/{1 / ratio:.1f})")
    console.print(table)

    table = Table(title="Hello over HTTP, a fresh sandbox for each request")
    for column in ("connections", *LOAD):
        table.add_column(column, justify="right")
    with console.status("Hello over HTTP"):
        for connections, load in http.measure():
            table.add_row(str(connections), *_cells(load))
    console.print(table)

    table = Table(title=f"Items over HTTP, on {data.CONNECTIONS} connections")
    for column in ("what", *LOAD, "times as long"):
        table.add_column(column, justify="left" if column == "what" else "right")
    with console.status("Items over HTTP"):
        for row in data.measure():
            longer = "" if row.times_longer is None else f"{row.times_longer:.2f} (at most 3)"
            table.add_row(row.name, *_cells(row.load), longer)
    console.print(table)


def _cells(load: Load) -> list[str]:
    return [f"{number:.1f}" for number in (load.requests_per_second, load.median_ms, load.p99_ms)]


if __name__ == "__main__":
    main()
