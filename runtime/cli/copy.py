"""relive copy: all data from one place to another."""

import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from runtime.cli.failure import CommandError

if TYPE_CHECKING:
    from runtime.store.copying import Part, Progress, Side

TABLE = "dynamodb:"

From = Annotated[str, typer.Argument(help="The place with the data.", metavar="FROM", show_default=False)]
To = Annotated[str, typer.Argument(help="An empty place.", metavar="TO", show_default=False)]


def copy(source: From, target: To) -> None:
    """Copy all data from one place to another. A place is a data folder, or dynamodb:TABLE.

    If the command was stopped, run it again: it goes on. Nothing may be written to either place meanwhile. In the end
    both are read again and compared. The master key is not copied.
    """
    from runtime.cloudcode.outgoing import depth_key
    from runtime.data import rollout_lease
    from runtime.http import master_key
    from runtime.store.copying import Copy

    own = {depth_key.PARTITION, master_key.PARTITION, rollout_lease.PARTITION}
    with ExitStack() as stack:
        sides = _opened(source, target, stack)
        with _shown_progress() as progress:
            parts = Copy(*sides, own=own, progress=progress).run()
    _print(parts)


def _opened(source: str, target: str, stack: ExitStack) -> "tuple[Side, Side]":
    names = [_name(source), _name(target)]
    if names[0] == names[1]:
        raise CommandError(f"{source} and {target} are the same place.")
    _check_source(source)
    return _side(source, stack), _side(target, stack)


def _name(place: str) -> str:
    """The same for the same place, from wherever it is looked at."""
    return place if place.startswith(TABLE) else str(Path(place).resolve())


def _check_source(place: str) -> None:
    """A data folder is made where there is none, which is nothing to copy from."""
    from runtime.store.engine import database

    if not place.startswith(TABLE) and not database(Path(place)).is_file():
        raise CommandError(f"There is no data in the folder {place}.")


def _side(place: str, stack: ExitStack) -> "Side":
    from runtime.store.copying import Side

    if place.startswith(TABLE):
        return _table(place, stack)

    from runtime.store.engine import database
    from runtime.store.sqlite.database import SqliteDatabase
    from runtime.store.sqlite.documents import SqliteDocuments
    from runtime.store.sqlite.records import SqliteStore

    file = database(Path(place))
    records = SqliteStore(file)
    stack.callback(records.close)
    # The last write of a copy is that of a record, which waits for the disk, and for all that was written before.
    documents = SqliteDatabase(file, durable=False)
    stack.callback(documents.close)
    return Side(_name(place), records, SqliteDocuments(documents))


def _table(place: str, stack: ExitStack) -> "Side":
    from runtime.store.copying import Side
    from runtime.store.dynamodb.client import LazyClient
    from runtime.store.dynamodb.documents import DynamoDocuments
    from runtime.store.dynamodb.records import DynamoStore
    from runtime.store.dynamodb.table import Table

    name = place.removeprefix(TABLE)
    if not name:
        raise CommandError(f"The name of the table is missing: {TABLE}TABLE")
    table = Table(LazyClient(), name)
    stack.callback(table.close)
    return Side(place, DynamoStore(table), DynamoDocuments(table))


@contextmanager
def _shown_progress() -> "Iterator[Progress]":
    """Shows each step with a bar on a terminal, and as a line each elsewhere."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    console = Console(stderr=True)
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=console, disable=not console.is_terminal) as bars:
        tasks = {}

        def show(step: str, done: int, total: int | None) -> None:
            if step not in tasks:
                for task in bars.tasks:
                    bars.update(task.id, total=task.completed)
                tasks[step] = bars.add_task(step, total=total)
                if not console.is_terminal:
                    print(step, file=sys.stderr, flush=True)
            bars.update(tasks[step], completed=done, total=total)

        yield show


def _print(parts: "list[Part]") -> None:
    width = max((len(part.name) for part in parts), default=0)
    for part in parts:
        print(f"{part.name:{width}}  {part.count:>9,}  {part.checksum[:16]}")
    print(f"{sum(part.count for part in parts):,} records and items are the same on both sides.", file=sys.stderr)
