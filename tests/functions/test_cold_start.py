"""What a cold start begins with: a fork server for what the environment says, before anything can read the settings."""

import subprocess
import sys
from pathlib import Path

import pytest

from functions.cold_start import launch_fork_server
from runtime.sandbox.architecture import compiled_guest
from runtime.settings import Settings

ENVIRONMENTS = {
    "what the template sets": ({}, True),
    "memory of its own": ({"RELIVE_MEMORY_MB": "256"}, True),
    "memory that is no whole number": ({"RELIVE_MEMORY_MB": "128.0"}, False),
    "memory that is nothing": ({"RELIVE_MEMORY_MB": ""}, False),
    "no folder": ({"RELIVE_GUESTS": ""}, False),
}


@pytest.mark.parametrize(("variables", "is_launched"), ENVIRONMENTS.values(), ids=ENVIRONMENTS.keys())
def test_it_is_launched_for_the_settings(
    monkeypatch: pytest.MonkeyPatch, guests: Path, variables: dict[str, str], is_launched: bool
) -> None:
    monkeypatch.delenv("RELIVE_MEMORY_MB", raising=False)
    for name, value in {"RELIVE_GUESTS": str(guests), **variables}.items():
        monkeypatch.setenv(name, value)
    server = launch_fork_server()
    assert (server is not None) == is_launched
    if server is not None:
        settings = Settings()
        assert (server.guest, server.memory_mb) == (compiled_guest(settings.guests), settings.memory_mb)
        server.close()


HEAVY = {"pydantic", "yaml", "wasmtime", "aws_lambda_powertools", "botocore", "httpx", "sqlite3", "asyncio"}


def test_it_imports_little() -> None:
    program = "import functions.cold_start, sys; print(*{name.partition('.')[0] for name in sys.modules})"
    told = subprocess.run([sys.executable, "-S", "-c", program], capture_output=True, text=True, timeout=60, check=True)
    assert not HEAVY & set(told.stdout.split())


@pytest.mark.slow
def test_the_server_itself_does_not_load_the_engine() -> None:
    """That takes time and memory in the processes which run user code, and there alone."""
    program = "import runtime.application, sys; print(*{name.partition('.')[0] for name in sys.modules})"
    told = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=True)
    assert not {"wasmtime", "boto3", "botocore", "httpx", "pydantic_settings"} & set(told.stdout.split())
