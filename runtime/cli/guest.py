"""relive guest build: the sandbox's Python."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from runtime.cli.configuration import read_settings

app = typer.Typer(no_args_is_help=True, help="The Python that user code runs on.", rich_markup_mode=None)


@app.callback()
def _group() -> None:
    """Makes `build` a command of its own, although it is the only one."""


@app.command()
def build(
    force: Annotated[bool, typer.Option("--force", help="Build even if nothing has changed.")] = False,
) -> None:
    """Build the guest, unless it is there and nothing that goes into it has changed."""
    build_with_progress(read_settings().guests, force=force)


def build_with_progress(folder: Path, *, force: bool = False) -> None:
    """Build the guest into `folder`, showing what happens, if it needs to be. Raises BuildFailed."""
    from runtime.sandbox.build import build_guest

    with _progress() as show:
        built = build_guest(folder, show, force=force)
    if built:
        print(f"The Python guest is ready in {folder}.", file=sys.stderr)


@contextmanager
def _progress() -> Iterator[Callable[[str], None]]:
    """Shows the step that is being worked on, and how long it takes; on a terminal as a moving line."""
    from rich.console import Console
    from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    console = Console(stderr=True)
    columns = (SpinnerColumn(), TextColumn("{task.description}", markup=False), TimeElapsedColumn())
    with Progress(*columns, console=console, disable=not console.is_terminal) as progress:

        def show(step: str) -> None:
            for task in progress.task_ids:
                progress.update(task, total=1, completed=1)
            progress.add_task(step, total=None)
            if not console.is_terminal:
                print(step, file=sys.stderr, flush=True)

        yield show
        for task in progress.task_ids:
            progress.update(task, total=1, completed=1)
