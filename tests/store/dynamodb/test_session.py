"""The region that clients of AWS are made for, here and in commands."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import NoRegionError

from runtime.cli.aws import client
from runtime.store.dynamodb.client import LazyClient
from runtime.store.dynamodb.session import aws_session

pytestmark = pytest.mark.slow

NEW, OLD = "AWS_REGION", "AWS_DEFAULT_REGION"


@pytest.fixture(autouse=True)
def _nothing_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A profile with a region, which nothing selects, and nothing of the environment around the tests."""
    (tmp_path / "config").write_text("[profile west]\nregion = us-west-2\n")
    for name in (NEW, OLD, "AWS_PROFILE", "AWS_DEFAULT_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))


@pytest.mark.parametrize(
    ("variables", "region"),
    [
        pytest.param({NEW: "eu-west-1"}, "eu-west-1", id="AWS_REGION"),
        pytest.param({OLD: "eu-north-1"}, "eu-north-1", id="AWS_DEFAULT_REGION"),
        pytest.param({"AWS_PROFILE": "west"}, "us-west-2", id="a profile"),
        pytest.param({NEW: "eu-west-1", OLD: "eu-north-1"}, "eu-west-1", id="AWS_REGION comes first"),
        pytest.param({NEW: "eu-west-1", "AWS_PROFILE": "west"}, "eu-west-1", id="before the profile"),
        pytest.param({OLD: "eu-north-1", "AWS_PROFILE": "west"}, "eu-north-1", id="the old one before the profile"),
        pytest.param({NEW: "", OLD: "eu-north-1"}, "eu-north-1", id="an empty one is none"),
    ],
)
@pytest.mark.parametrize(
    "make", [lambda: LazyClient()(), lambda: client("ssm")], ids=["the store's client", "a command's client"]
)
def test_region(
    monkeypatch: pytest.MonkeyPatch, make: Callable[[], Any], variables: dict[str, str], region: str
) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert make().meta.region_name == region


def test_no_region() -> None:
    with pytest.raises(NoRegionError):
        aws_session().create_client("dynamodb")
