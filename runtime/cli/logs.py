"""relive logs: what the calls of user code wrote, and how they ended."""

import contextlib
import json
import sys
from collections.abc import Iterable
from typing import TYPE_CHECKING, Annotated

import typer

from runtime.cli import options
from runtime.cli.kept import chosen_app, open_store
from runtime.cli.place import settings_for

if TYPE_CHECKING:
    from runtime.cloudcode.logs.record import CallRecord


def logs(
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Go on with each call as it ends.")] = False,
    last: Annotated[int, typer.Option(help="How many of the newest calls to show.", min=0, metavar="COUNT")] = 50,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a line for each call.")] = False,
    app: options.AppId = None,
    data: options.Data = None,
    table: options.Table = None,
    stack: options.Stack = None,
) -> None:
    """Show the log of an app's newest calls, oldest first."""
    from runtime.cloudcode.logs.kept import KeptLogs

    settings = settings_for(data, table, stack)
    with open_store(settings) as store:
        kept = KeptLogs(store)
        app_id = chosen_app(store, settings, app)
        calls = kept.follow(app_id, newest=last) if follow else reversed(kept.page(app_id, limit=last))
        with contextlib.suppress(KeyboardInterrupt):
            shown = _show((call.record for call in calls), as_json=as_json)
            if shown == 0 and settings.table:
                print(
                    "The table has none. In AWS, CloudWatch has the log, unless RELIVE_KEEP_LOGS says so.",
                    file=sys.stderr,
                )


def _show(records: "Iterable[CallRecord]", *, as_json: bool) -> int:
    """Show the records as they come; how many there were."""
    from runtime.cloudcode.logs.terminal import TerminalLog

    terminal = TerminalLog(sys.stdout)
    count = 0
    for record in records:
        count += 1
        if as_json:
            print(json.dumps(record.to_json()), flush=True)
        else:
            terminal.write(record)
    return count
