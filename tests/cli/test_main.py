"""The command as a whole."""

from pathlib import Path

import pytest

from tests.cli.commands import relive

COMMANDS = ["serve", "logs", "enable", "copy", "doctor", "version", "secrets", "guest"]


HELP = [["--help"], ["-h"], *(pytest.param([name, "--help"], marks=pytest.mark.slow) for name in COMMANDS)]


@pytest.mark.parametrize("arguments", HELP, ids=" ".join)
def test_help(arguments: list[str]) -> None:
    process = relive(*arguments)
    assert process.returncode == 0
    assert "Usage: " in process.stdout


def test_help_names_every_command() -> None:
    shown = relive("--help").stdout
    assert [line.split()[0] for line in shown.partition("Commands:\n")[2].splitlines()] != []
    assert all(f"  {name} " in shown for name in COMMANDS)


def test_version() -> None:
    assert relive("version").stdout.startswith("relive 0.")


@pytest.mark.parametrize("arguments", [["nonsense"], ["serve"], ["serve", ".", "--port", "70000"]], ids=" ".join)
def test_wrong_use(arguments: list[str]) -> None:
    process = relive(*arguments)
    assert process.returncode == 2
    assert "Traceback" not in process.stderr


def test_a_guest_that_is_built_is_not_built_again(guests: Path) -> None:
    process = relive("guest", "build", RELIVE_GUESTS=str(guests))
    assert (process.returncode, process.stdout, process.stderr) == (0, "", "")
