"""relive doctor: is all that Relive needs there, and how is the sandbox locked?"""

import typer

from runtime.cli import options
from runtime.cli.configuration import read_settings


def doctor(data: options.Data = None) -> None:
    """Check this machine and show what is there and what is missing. Exit code 1 if Relive cannot work."""
    from runtime.cli.checkup import Verdict, examine

    bad = False
    for finding in examine(read_settings(data=data)):
        print(f"{finding.verdict.value:<5} {finding.subject:<24} {finding.detail}", flush=True)
        bad |= finding.verdict is Verdict.BAD
    if bad:
        raise typer.Exit(1)
