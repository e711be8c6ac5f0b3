"""What a function says when it starts, of how it was set up."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from functions.deployment import built_at, secrets_in_environment
from runtime.settings import Settings
from tests.conftest import ROOT
from tests.functions.events import API, environment
from tests.functions.test_handlers import INVOKE

SECRETS = {"bookstore": {"KEY": "a secret value"}}


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        (Settings(), []),
        (Settings(master_key="a key"), ["RELIVE_MASTER_KEY"]),
        (Settings(secrets=SECRETS), ["RELIVE_SECRETS"]),
        (Settings(master_key="a key", secrets=SECRETS), ["RELIVE_MASTER_KEY", "RELIVE_SECRETS"]),
    ],
    ids=["none", "key", "secrets", "both"],
)
def test_secrets_in_the_environment(settings: Settings, expected: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_LAMBDA_FUNCTION_NAME", raising=False)
    assert secrets_in_environment(settings) == []
    monkeypatch.setenv("AWS_LAMBDA_FUNCTION_NAME", "api")
    assert secrets_in_environment(settings) == expected


@pytest.mark.slow
def test_in_lambda_the_log_warns_of_them_once(guests: Path, tmp_path: Path) -> None:
    (tmp_path / "events.json").write_text("[]")
    variables = environment(str(ROOT / "examples/bookstore"), str(guests), str(tmp_path / "data"))
    finished = subprocess.run(
        [sys.executable, str(INVOKE), API, str(tmp_path / "events.json"), str(tmp_path / "answers.json")],
        env={**variables, "RELIVE_SECRETS": json.dumps(SECRETS), "AWS_LAMBDA_FUNCTION_NAME": "api"},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert finished.returncode == 0, finished.stderr
    lines = [json.loads(line) for line in finished.stdout.splitlines()]
    assert [line["variables"] for line in lines if line["level"] == "WARNING"] == [
        ["RELIVE_MASTER_KEY", "RELIVE_SECRETS"]
    ]
    assert "a secret value" not in finished.stdout
    assert variables["RELIVE_MASTER_KEY"] not in finished.stdout


@pytest.mark.parametrize(("text", "expected"), [("1700000000.125\n", 1_700_000_000.125), (None, 0.0)])
def test_when_the_package_was_built(text: str | None, expected: float, tmp_path: Path) -> None:
    if text:
        (tmp_path / "built").write_text(text)
    assert built_at(tmp_path / "app") == expected
