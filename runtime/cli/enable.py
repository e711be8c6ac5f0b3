"""relive enable: let a function run again."""

from typing import Annotated

import typer

from runtime.cli import options
from runtime.cli.configuration import read_settings
from runtime.cli.kept import chosen_app, open_store


def enable(
    function: Annotated[str, typer.Argument(help="The function's name.", metavar="FUNCTION", show_default=False)],
    app: options.AppId = None,
    data: options.Data = None,
) -> None:
    """Enable a function at once that was disabled after too many time-outs."""
    from runtime.cloudcode.breaker import Breaker

    settings = read_settings(data=data)
    with open_store(settings) as store:
        app_id = chosen_app(store, settings, app)
        was_disabled = Breaker(store).enable(app_id, function)
    print(f"{function} is enabled again." if was_disabled else f"{function} was not disabled in {app_id}.")
