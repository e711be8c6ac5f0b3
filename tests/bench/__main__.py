"""Prints the table of `make bench`."""

from pathlib import Path

from rich.console import Console
from rich.table import Table

from runtime.sandbox.architecture import compiled_guest
from runtime.settings import Settings
from tests.bench import http, sandbox


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
    for column in ("connections", "requests a second", "median ms", "p99 ms"):
        table.add_column(column, justify="right")
    for connections in (1, 8):
        with console.status(f"Hello over HTTP on {connections} connections"):
            load = http.measure(connections)
        cells = (load.connections, load.requests_per_second, load.median_ms, load.p99_ms)
        table.add_row(*(f"{cell:.1f}" if isinstance(cell, float) else str(cell) for cell in cells))
    console.print(table)


if __name__ == "__main__":
    main()
