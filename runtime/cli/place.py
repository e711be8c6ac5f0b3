"""Where a command works: the data folder of a local server, or the table of a deployed stack."""

from pathlib import Path
from typing import TYPE_CHECKING

from runtime.cli.configuration import read_settings
from runtime.cli.failure import CommandError

if TYPE_CHECKING:
    from runtime.settings import Settings

CACHE_SECONDS_IN_LAMBDA = 5
"""RELIVE_CACHE_SECONDS of the functions in template.yaml."""


def settings_for(data: Path | None, table: str | None = None, stack: str | None = None) -> "Settings":
    """The settings with the place that the options name, if they name one. Raises CommandError."""
    if sum(option is not None for option in (data, table, stack)) > 1:
        raise CommandError("--data, --table and --stack name different places. Give one of them.")
    if stack is not None:
        from runtime.cli.stack import table_of

        table = table_of(stack)
    return read_settings(data=data, table="" if data is not None else table)


def effect(settings: "Settings") -> str:
    """When processes that run use what a command has changed."""
    if settings.table:
        return f"within {CACHE_SECONDS_IN_LAMBDA} seconds, unless RELIVE_CACHE_SECONDS was changed there"
    seconds = settings.cache_seconds
    return "at once" if seconds == 0 else f"within {seconds:g} {'second' if seconds == 1 else 'seconds'}"
