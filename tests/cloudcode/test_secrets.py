"""Secrets are kept for each app, and the settings' ones win."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from runtime.cloudcode.secrets import Secrets
from runtime.errors import ReliveError
from runtime.store.port import Store
from runtime.store.sqlite.records import SqliteStore


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    store = SqliteStore(tmp_path / "relive.db", durable=False)
    yield store
    store.close()


@pytest.fixture
def secrets(store: Store) -> Secrets:
    return Secrets(store, {"shop": {"CONFIGURED": "from the settings"}})


def test_a_secret_belongs_to_one_app(secrets: Secrets) -> None:
    secrets.set("shop", "API_KEY", "abc")
    assert secrets.get("shop", "API_KEY") == "abc"
    assert secrets.get("other", "API_KEY") is None
    assert secrets.get("other", "CONFIGURED") is None


def test_setting_again_writes_over(secrets: Secrets) -> None:
    secrets.set("shop", "API_KEY", "old")
    secrets.set("shop", "API_KEY", "new")
    assert secrets.get("shop", "API_KEY") == "new"


def test_names_are_in_order_and_hold_the_settings_ones(secrets: Secrets) -> None:
    for name in ("b", "A", "CONFIGURED_TOO"):
        secrets.set("shop", name, "value")
    assert secrets.names("shop") == ["A", "CONFIGURED", "CONFIGURED_TOO", "b"]
    assert secrets.names("other") == []


def test_any_number_of_secrets(secrets: Secrets) -> None:
    for n in range(1001):
        secrets.set("shop", f"S{n}", "value")
    assert len(secrets.names("shop")) == 1002


def test_remove(secrets: Secrets) -> None:
    secrets.set("shop", "API_KEY", "abc")
    assert secrets.remove("shop", "API_KEY")
    assert not secrets.remove("shop", "API_KEY")
    assert secrets.get("shop", "API_KEY") is None


def test_the_settings_win_and_cannot_be_changed_here(store: Store, secrets: Secrets) -> None:
    Secrets(store, {}).set("shop", "CONFIGURED", "stored")
    assert secrets.get("shop", "CONFIGURED") == "from the settings"
    for change in (lambda: secrets.set("shop", "CONFIGURED", "x"), lambda: secrets.remove("shop", "CONFIGURED")):
        with pytest.raises(ReliveError, match="RELIVE_SECRETS") as raised:
            change()
        assert raised.value.code == 601
    assert Secrets(store, {}).get("shop", "CONFIGURED") == "stored"


@pytest.mark.parametrize(
    ("name", "allowed"),
    [
        ("API_KEY", True),
        ("apiKey2", True),
        ("_", True),
        ("A" * 100, True),
        ("A" * 101, False),
        ("2FA", False),
        ("A-B", False),
        ("A B", False),
        ("A\n", False),
        ("É", False),
        ("", False),
        ("A/B", False),
    ],
    ids=repr,
)
def test_the_rule_for_names(store: Store, secrets: Secrets, name: str, allowed: bool) -> None:
    if allowed:
        secrets.set("shop", name, "value")
        assert secrets.get("shop", name) == "value"
        return
    with pytest.raises(ReliveError, match="cannot be the name of a secret") as raised:
        secrets.set("shop", name, "value")
    assert raised.value.code == 601
    with pytest.raises(ReliveError):
        Secrets(store, {"shop": {name: "value"}})
    assert secrets.get("shop", name) is None
    assert not secrets.remove("shop", name)


@pytest.mark.parametrize("value", ["x", "Grüße 🙂", "line\nline", "\0", "half \ud83d", "x" * 32 * 1024], ids=ascii)
def test_any_text_is_a_value(secrets: Secrets, value: str) -> None:
    secrets.set("shop", "KEY", value)
    assert secrets.get("shop", "KEY") == value
    assert "value" not in secrets.redactor("shop").text("nothing here")


@pytest.mark.parametrize(
    "value", ["", "x" * (32 * 1024 + 1), "é" * (16 * 1024 + 1)], ids=["empty", "long", "long in bytes"]
)
def test_values_that_are_refused(secrets: Secrets, value: str) -> None:
    with pytest.raises(ReliveError) as raised:
        secrets.set("shop", "KEY", value)
    assert raised.value.code == 601


def test_the_redactor_knows_stored_and_configured_ones(secrets: Secrets) -> None:
    secrets.set("shop", "API_KEY", "stored secret")
    redactor = secrets.redactor("shop")
    assert redactor.text("from the settings, stored secret") == "[secret CONFIGURED], [secret API_KEY]"
    assert secrets.redactor("other").text("stored secret") == "stored secret"
