"""User code reads the secrets of its own app."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from runtime.apps.app import App
from runtime.apps.definition import AppDefinition
from runtime.budget import Budget
from runtime.cloudcode.capabilities.secrets import ReadSecret
from runtime.cloudcode.capability import CallContext, CapabilityError
from runtime.cloudcode.secrets import Secrets
from runtime.principal import ANONYMOUS
from runtime.settings import Settings
from runtime.store.sqlite.records import SqliteStore


@pytest.fixture
def secrets(tmp_path: Path) -> Iterator[Secrets]:
    store = SqliteStore(tmp_path / "relive.db", durable=False)
    secrets = Secrets(store, {})
    secrets.set("shop", "KEY", "shop's key")
    secrets.set("other", "KEY", "other's key")
    secrets.set("other", "OTHER", "x")
    yield secrets
    store.close()


def read(secrets: Secrets, arguments: dict[str, Any]) -> Any:
    app = App(AppDefinition.model_validate({"app": {"id": "shop", "title": "Shop"}}), {})
    context = CallContext(app, ANONYMOUS, Budget.start(Settings()), "https://relive.example/v1/shop")
    return ReadSecret(secrets)(arguments, context)


@pytest.mark.parametrize(
    ("name", "expected"),
    [("KEY", "shop's key"), ("OTHER", None), ("MISSING", None), ("", None), ("../other/KEY", None), ("KEY\0", None)],
    ids=repr,
)
def test_by_name(secrets: Secrets, name: str, expected: str | None) -> None:
    assert read(secrets, {"name": name}) == expected


@pytest.mark.parametrize("arguments", [{}, {"name": None}, {"name": 1}, {"name": ["KEY"]}], ids=str)
def test_a_name_is_a_text(secrets: Secrets, arguments: dict[str, Any]) -> None:
    with pytest.raises(CapabilityError, match="is a text"):
        read(secrets, arguments)
