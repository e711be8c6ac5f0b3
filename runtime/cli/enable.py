"""relive enable: let a function, or the handlers of a type, run again."""

import re
from typing import Annotated

import typer

from runtime.cli import options
from runtime.cli.failure import CommandError
from runtime.cli.kept import chosen_app, open_store
from runtime.cli.place import effect, settings_for

CODE = re.compile(r"(types/)?[A-Za-z][A-Za-z0-9_-]{0,63}")

Code = Annotated[str, typer.Argument(help="A function's name, or types/NAME.", metavar="CODE", show_default=False)]


def enable(
    code: Code,
    app: options.AppId = None,
    data: options.Data = None,
    table: options.Table = None,
    stack: options.Stack = None,
) -> None:
    """Enable a function at once that was disabled after too many time-outs, or the handlers of a type."""
    from runtime.cloudcode.breaker import Breaker

    if not CODE.fullmatch(code):
        raise CommandError(f"{code!r} is not a function's name. The handlers of a type are types/NAME, all together.")
    settings = settings_for(data, table, stack)
    with open_store(settings) as store:
        app_id = chosen_app(store, settings, app)
        was_disabled = Breaker(store).enable(app_id, code)
    # Which code the app has is not kept with its data, so a misspelt name looks like one that was never disabled.
    if was_disabled:
        print(f"{code} is enabled again. Servers that run let calls through {effect(settings)}.")
    else:
        print(f"Nothing named {code} was disabled in {app_id}.")
