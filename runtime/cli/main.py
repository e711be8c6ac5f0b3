"""The `relive` command."""

import sys

import typer

from runtime.cli import copy, doctor, enable, guest, key, logs, secrets, serve, version
from runtime.cli.failure import sentence_for

app = typer.Typer(
    help="A serverless backend for your own AWS account, with sandboxed cloud code.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command()(serve.serve)
app.command()(logs.logs)
app.add_typer(secrets.app, name="secrets")
app.add_typer(key.app, name="key")
app.command()(enable.enable)
app.command()(copy.copy)
app.command()(doctor.doctor)
app.add_typer(guest.app, name="guest")
app.command()(version.version)


def main() -> None:
    """Run the command. What can go wrong on purpose ends in a sentence on standard error and exit code 1."""
    try:
        app()
    except BrokenPipeError:  # `relive logs | head`
        sys.stderr.close()
        sys.exit(1)
    except Exception as error:
        sentence = sentence_for(error)
        if sentence is None:
            raise
        print(sentence, file=sys.stderr)
        sys.exit(1)
