"""relive key: the master key, with which everything is allowed."""

import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from runtime.cli import options
from runtime.cli.failure import CommandError
from runtime.cli.kept import open_store
from runtime.cli.place import effect, settings_for

if TYPE_CHECKING:
    from runtime.http.master_key import KeptMasterKey
    from runtime.http.master_key_vault import Vault
    from runtime.settings import Settings

WEEK_MINUTES = 7 * 24 * 60

app = typer.Typer(no_args_is_help=True, help="The master key.", rich_markup_mode=None)

Overlap = Annotated[
    int,
    typer.Option(help="For so many minutes, the old key is valid, too.", min=0, max=WEEK_MINUTES, metavar="MINUTES"),
]


@app.command()
def show(data: options.Data = None, stack: options.Stack = None) -> None:
    """Show the master key. If there is none yet, it is made."""
    settings = settings_for(data, stack=stack)
    if configured := _configured(settings, stack):
        print(configured)
        return
    from runtime.http.master_key_vault import accepted_key

    with _keys(settings, stack) as (vault, accepted):
        key = accepted_key(vault, accepted)
    print(key)


@app.command()
def rotate(overlap: Overlap = 0, data: options.Data = None, stack: options.Stack = None) -> None:
    """Make another master key, and show it. The old one is void."""
    settings = settings_for(data, stack=stack)
    if _configured(settings, stack):
        raise CommandError("The master key comes from the settings (RELIVE_MASTER_KEY). Change it there.")
    with _keys(settings, stack) as (vault, accepted):
        key = rotated_key(vault, accepted, overlap * 60)
    print(key, flush=True)
    end = f"is valid for {overlap} minutes more" if overlap else "is void then"
    print(f"Servers that run take the new key {effect(settings)}. The old one {end}.", file=sys.stderr)


def rotated_key(vault: "Vault", keys: "KeptMasterKey", overlap_seconds: float) -> str:
    """A new key, which the vault has and servers accept from now on; the old one counts for a while.

    It is that of another command if two do this at the same moment. May raise MasterKeyError and StoreError.
    """
    from runtime.http.master_key_vault import accepted_key, new_key

    accepted_key(vault, keys)  # so that there is an old one to overlap with
    key = new_key()
    vault.replace(key)
    keys.rotate(key, overlap_seconds)
    return accepted_key(vault, keys)


def _configured(settings: "Settings", stack: str | None) -> str:
    return "" if stack else settings.master_key


@contextmanager
def _keys(settings: "Settings", stack: str | None) -> "Iterator[tuple[Vault, KeptMasterKey]]":
    from runtime.http.master_key import KeptMasterKey
    from runtime.local.master_key import MasterKeyFile

    if settings.table and not stack:
        raise CommandError("The key of a table is known by its stack alone. Name it: --stack NAME")
    with ExitStack() as opened:
        vault: Vault
        if stack:
            from runtime.cli.aws import client, in_words
            from runtime.cli.stack import master_key_of
            from runtime.http.master_key_parameter import MasterKeyParameter

            opened.enter_context(in_words())
            vault = MasterKeyParameter(client("ssm"), master_key_of(stack))
        else:
            vault = MasterKeyFile(Path(settings.data))
        yield vault, KeptMasterKey(opened.enter_context(open_store(settings)))
