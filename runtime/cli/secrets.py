"""relive secrets: values that user code may read and nobody else sees."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

from runtime.cli import options
from runtime.cli.failure import CommandError
from runtime.cli.kept import chosen_app, open_store
from runtime.cli.place import effect, settings_for

if TYPE_CHECKING:
    from runtime.cloudcode.secrets import Secrets
    from runtime.settings import Settings

app = typer.Typer(no_args_is_help=True, help="Secrets of an app's user code.", rich_markup_mode=None)

Name = Annotated[str, typer.Argument(help="The secret's name.", metavar="NAME", show_default=False)]
Value = Annotated[str | None, typer.Option(help="The value. Others on this machine may see it.", metavar="TEXT")]


@app.command("set")
def set_secret(
    name: Name,
    value: Value = None,
    app: options.AppId = None,
    data: options.Data = None,
    table: options.Table = None,
    stack: options.Stack = None,
) -> None:
    """Set a secret. Without --value it is asked for, or read from standard input if that is no terminal."""
    settings = settings_for(data, table, stack)
    with _secrets(settings, app) as (secrets, app_id):
        secrets.set(app_id, name, _read_value(name) if value is None else value)
    print(f"{name} is set for {app_id}. Servers that run use it {effect(settings)}.")


@app.command("list")
def list_secrets(
    app: options.AppId = None, data: options.Data = None, table: options.Table = None, stack: options.Stack = None
) -> None:
    """Show the names of the secrets, never their values."""
    with _secrets(settings_for(data, table, stack), app) as (secrets, app_id):
        names = secrets.names(app_id)
    print("\n".join(names) if names else f"{app_id} has no secrets.", file=sys.stdout if names else sys.stderr)


@app.command("remove")
def remove_secret(
    name: Name,
    app: options.AppId = None,
    data: options.Data = None,
    table: options.Table = None,
    stack: options.Stack = None,
) -> None:
    """Remove a secret."""
    settings = settings_for(data, table, stack)
    with _secrets(settings, app) as (secrets, app_id):
        if not secrets.remove(app_id, name):
            raise CommandError(f"{app_id} has no secret {name}.")
    print(f"{name} is removed from {app_id}. Servers that run do without it {effect(settings)}.")


@contextmanager
def _secrets(settings: "Settings", app: str | None) -> "Iterator[tuple[Secrets, str]]":
    from runtime.cloudcode.secrets import Secrets

    with open_store(settings) as store:
        yield Secrets(store, settings.secrets), chosen_app(store, settings, app)


def _read_value(name: str) -> str:
    """The value from the terminal, unseen, or from standard input without the line break at its end."""
    if sys.stdin.isatty():
        value: str = typer.prompt(f"Value of {name}", hide_input=True)
        return value
    return sys.stdin.read().removesuffix("\n").removesuffix("\r")
