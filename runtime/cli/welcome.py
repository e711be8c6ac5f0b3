"""What `relive serve` shows when it is ready."""

import shlex
from typing import TYPE_CHECKING

from rich.console import Console
from rich.text import Text

if TYPE_CHECKING:
    from runtime.apps.app import App


JSON_BODY = """-H 'Content-Type: application/json' -d '{"hello": "world"}'"""


def welcome(app: "App", url: str, master_key: str) -> None:
    """Print where the app is, the master key, and commands to try."""
    base = f"{url}/v1/{app.id}"
    console = Console(soft_wrap=True, highlight=False)
    console.print(Text(f"\n{app.definition.app.title} is served. Stop it with Ctrl-C.\n", style="bold"))
    for name, value in (("Base URL", base), ("App id", app.id), ("Master key", master_key)):
        console.print(Text.assemble((f"  {name:<11} ", "dim"), value))
    if commands := examples(app, base, master_key):
        console.print(Text("\nTry:\n", style="bold"))
    for command in commands:
        console.print(Text(f"  {command}"))
    console.print()
    console.file.flush()


def examples(app: "App", base: str, master_key: str) -> list[str]:
    """Commands to try: calls of functions, plainly, with a body and with the master key, and a read of items."""
    authorization = shlex.quote(f"Authorization: MasterKey {master_key}")
    return [*_calls(app, base, authorization), *_reads(app, base, authorization)]


def _calls(app: "App", base: str, authorization: str) -> list[str]:
    functions = app.definition.functions
    if not functions:
        return []
    for_anyone = [name for name, function in functions.items() if function.execute is None]
    for_roles = [name for name in functions if name not in for_anyone]
    plain, other = (*for_anyone, *for_roles, *functions)[:2]
    protected = (*for_roles, *for_anyone)[0]
    return [
        f"curl {base}/Functions/{plain}",
        f"curl {JSON_BODY} {base}/Functions/{other}",
        f"curl -H {authorization} {base}/Functions/{protected}",
    ]


def _reads(app: "App", base: str, authorization: str) -> list[str]:
    for name in app.definition.types:
        return [f"curl -H {authorization} {shlex.quote(f'{base}/{name}?take=3')}"]
    return []
