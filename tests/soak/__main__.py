"""`make soak`: mixed load with hostile code in its second half; the report tells what it did to the server."""

import argparse
import signal
import sys
import tempfile
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from runtime.sandbox.build import build_guest
from tests.soak.report import failures, show
from tests.soak.soak import Soak, make_server

GUESTS = Path(__file__).parents[2] / "build" / "guests"


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.soak", description=__doc__)
    parser.add_argument("--minutes", type=float, default=10, help="how long, in all")
    minutes: float = parser.parse_args().minutes
    console = Console()
    build_guest(GUESTS, console.print)
    with tempfile.TemporaryDirectory() as folder:
        server = make_server(Path(folder), GUESTS)
        try:
            server.start(start_new_session=True)  # Ctrl-C is for the soak, which then reports
            with Progress(
                TextColumn("{task.description:<24}"),
                BarColumn(),
                TextColumn("{task.fields[requests]} requests"),
                TimeElapsedColumn(),
                console=console,
            ) as progress:
                tasks = {}

                def advance(phase: str, part: float, requests: int) -> None:
                    if phase not in tasks:
                        tasks[phase] = progress.add_task(phase, total=1, requests=0)
                    progress.update(tasks[phase], completed=part, requests=requests)

                soak = Soak(server, minutes * 60, advance)
                signal.signal(signal.SIGINT, lambda *_: soak.stop())
                result = soak.run()
            show(result, console)
            return 1 if list(failures(result)) else 0
        finally:
            server.end()


if __name__ == "__main__":
    sys.exit(main())
