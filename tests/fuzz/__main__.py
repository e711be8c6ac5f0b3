"""Fuzzes all targets for some minutes: `python -m tests.fuzz --minutes 10`. Status 1 if anything was found."""

import argparse
import signal
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, NoReturn

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, TextColumn, TimeRemainingColumn
from rich.progress import Progress as Display
from rich.table import Table

from tests.conftest import ROOT
from tests.fuzz.plan import turns
from tests.fuzz.run import PROPERTIES
from tests.fuzz.session import Progress, Session
from tests.fuzz.targets import TARGETS

SHARES = {**{target.name: target.share for target in TARGETS.values()}, PROPERTIES: 3}


def main(arguments: list[str]) -> int:
    options = _parser().parse_args(arguments)
    shares = {name: share for name, share in SHARES.items() if not options.target or name in options.target}
    seconds = options.minutes * 60
    session, console = Session(turns(shares, seconds, options.processors)), Console()
    total = {name: seconds * options.processors * share / sum(shares.values()) for name, share in shares.items()}
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        with _shown(session, console, total) as watch:
            session.run(watch)
    except KeyboardInterrupt:
        console.print("Stopped early.")
    return _report(console, session.progress)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("--minutes", type=float, default=10, help="how long, all in all")
    parser.add_argument("--processors", type=int, default=2, help="how many processes at a time")
    parser.add_argument("--target", action="append", choices=list(SHARES), help="only this one; may be given again")
    return parser


@contextmanager
def _shown(session: Session, console: Console, total: Mapping[str, float]) -> Iterator[Any]:
    """A bar for each target, in seconds of its time."""
    columns = TextColumn("{task.description}"), BarColumn(), TimeRemainingColumn(), TextColumn("{task.fields[told]}")
    with Display(*columns, console=console) as display:
        bars = {name: display.add_task(name, total=seconds, told="") for name, seconds in total.items()}

        def watch() -> None:
            for name, progress in session.progress.items():
                display.update(bars[name], completed=min(progress.seconds, total[name]), told=_told(name, progress))

        yield watch
        watch()


def _told(name: str, progress: Progress) -> str:
    found = f", [red]{len(progress.findings)} found[/]" if progress.findings else ""
    return f"{progress.inputs:,} {'passes' if name == PROPERTIES else 'inputs'}{found}"


def _report(console: Console, targets: Mapping[str, Progress]) -> int:
    table = Table(title="What was fed, and what was found")
    for column in ("target", "inputs", "a second", "places reached", "found"):
        table.add_column(column, justify="left" if column == "target" else "right")
    for name, progress in targets.items():
        inputs = f"{progress.inputs} passes" if name == PROPERTIES else f"{progress.inputs:,}"
        rate = f"{progress.inputs / progress.seconds:,.0f}" if progress.seconds and name != PROPERTIES else ""
        reached = "" if progress.coverage is None else f"{progress.coverage:,}"
        table.add_row(name, inputs, rate, reached, str(len(progress.findings)))
    console.print(table)
    findings = [found for progress in targets.values() for found in progress.findings]
    for finding, why in findings:
        console.print(f"[red]{finding.target}[/]: {escape(finding.what)}", highlight=False)
        console.print(escape(why), highlight=False)
        if finding.input.name:
            console.print(f"Kept as {finding.input.relative_to(ROOT)}", highlight=False)
    return 1 if findings else 0


def _interrupt(*_: Any) -> NoReturn:
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
