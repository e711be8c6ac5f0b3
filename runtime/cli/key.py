"""relive key: the master key, with which everything is allowed."""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Protocol

import typer

from runtime.cli import options
from runtime.cli.failure import CommandError
from runtime.cli.kept import open_store
from runtime.cli.place import effect, settings_for

if TYPE_CHECKING:
    from runtime.http.master_key import KeptMasterKey
    from runtime.settings import Settings

WEEK_MINUTES = 7 * 24 * 60

SETTLE_SECONDS = 2.0
"""After so long, a rotation has told the servers, and every read of a parameter knows of it."""

app = typer.Typer(no_args_is_help=True, help="The master key.", rich_markup_mode=None)

Overlap = Annotated[
    int,
    typer.Option(help="For so many minutes, the old key is valid, too.", min=0, max=WEEK_MINUTES, metavar="MINUTES"),
]


class Vault(Protocol):
    """Where the key itself is. Servers know its digest alone."""

    def key(self) -> str:
        """The key, which is made if there is none."""
        ...

    def replace(self, key: str) -> None: ...


@app.command()
def show(data: options.Data = None, stack: options.Stack = None) -> None:
    """Show the master key. The first time it is made."""
    settings = settings_for(data, stack=stack)
    if configured := _configured(settings, stack):
        print(configured)
        return
    with _keys(settings, stack) as (vault, accepted):
        key = _accepted(vault, accepted)
    print(key)


@app.command()
def rotate(overlap: Overlap = 0, data: options.Data = None, stack: options.Stack = None) -> None:
    """Make another master key, and show it. The old one is void."""
    from runtime.local.master_key import new_key

    settings = settings_for(data, stack=stack)
    if _configured(settings, stack):
        raise CommandError("The master key comes from the settings (RELIVE_MASTER_KEY). Change it there.")
    with _keys(settings, stack) as (vault, accepted):
        _accepted(vault, accepted)  # so that there is an old one to overlap with
        key = new_key()
        vault.replace(key)
        accepted.rotate(key, overlap * 60)
    print(key, flush=True)
    end = f"is valid for {overlap} minutes more" if overlap else "is void then"
    print(f"Servers that run take the new key {effect(settings)}. The old one {end}.", file=sys.stderr)


def _accepted(vault: Vault, keys: "KeptMasterKey") -> str:
    """The key of the vault, which servers accept from now on."""
    key = vault.key()
    if keys.has_another(key):
        # Another command may be replacing it right now, and not every read of a parameter sees that at once: the key
        # that it has made void must not come back.
        time.sleep(SETTLE_SECONDS)
        key = vault.key()
    keys.accept(key)
    return key


def _configured(settings: "Settings", stack: str | None) -> str:
    return "" if stack else settings.master_key


@contextmanager
def _keys(settings: "Settings", stack: str | None) -> "Iterator[tuple[Vault, KeptMasterKey]]":
    from runtime.http.master_key import KeptMasterKey
    from runtime.local.master_key import MasterKeyFile

    if settings.table and not stack:
        raise CommandError("The key of a table is known by its stack alone. Name it: --stack NAME")
    vault: Vault
    if stack:
        from runtime.cli.stack import MasterKeyParameter

        vault = MasterKeyParameter(stack)
    else:
        vault = MasterKeyFile(Path(settings.data))
    with open_store(settings) as store:
        yield vault, KeptMasterKey(store)
