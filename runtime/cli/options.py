"""Options that several commands have."""

from pathlib import Path
from typing import Annotated

import typer

Data = Annotated[Path | None, typer.Option(help="The data folder. [default: RELIVE_DATA, or .data]", metavar="DIR")]
AppId = Annotated[str | None, typer.Option("--app", help="The app's id. [default: the app served last]", metavar="ID")]
Table = Annotated[
    str | None,
    typer.Option(help="A DynamoDB table in place of the data folder. [default: RELIVE_TABLE]", metavar="NAME"),
]
Stack = Annotated[str | None, typer.Option(help="A deployed stack, and its table.", metavar="NAME")]
