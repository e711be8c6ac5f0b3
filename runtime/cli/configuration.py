"""The settings of a command: options first, then the environment."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from runtime.cli.failure import CommandError

if TYPE_CHECKING:
    from pydantic import ValidationError

    from runtime.settings import Settings


def read_settings(*, data: Path | None = None, processes: int | None = None, table: str | None = None) -> "Settings":
    """The settings, with the options that are given. Warns of variables that are no setting. Raises CommandError."""
    from pydantic import ValidationError

    from runtime.settings import load_settings, unknown_environment_names

    for name in unknown_environment_names():
        print(f"{name} is no setting and has no effect. Is it spelt right?", file=sys.stderr)
    try:
        return load_settings(data=data, processes=processes, table=table)
    except ValidationError as error:
        raise CommandError("\n".join(_sentences(error))) from None


def _sentences(error: "ValidationError") -> list[str]:
    """What is wrong with each setting. Never its value, which may be secret."""
    sentences = []
    for problem in error.errors(include_url=False, include_input=False):
        name = ".".join(str(part) for part in problem["loc"])
        message = problem["msg"].removeprefix("Value error, ")
        setting, _, place = name.partition(".")
        subject = f"RELIVE_{setting.upper()}{f' ({place})' if place else ''}: " if name else "The settings do not fit: "
        sentences.append(f"{subject}{message}.")
    return sentences
