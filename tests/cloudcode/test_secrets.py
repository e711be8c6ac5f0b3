"""Secrets are kept for each app, and the settings' ones win."""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from runtime.cloudcode.secrets import Secrets
from runtime.errors import ReliveError
from runtime.store.port import Record, Store
from runtime.store.sqlite.records import SqliteStore
from tests.store.engines import Clock


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


class CountingStore(SqliteStore):
    reads = 0

    def get(self, partition: str, key: str) -> Record | None:
        self.reads += 1
        return super().get(partition, key)

    def page(
        self, partition: str, *, after: str | None = None, limit: int = 100, descending: bool = False
    ) -> Sequence[Record]:
        self.reads += 1
        return super().page(partition, after=after, limit=limit, descending=descending)


class TestInMemory:
    """What one process keeps for five seconds, while another one changes it."""

    @pytest.fixture
    def clock(self) -> Clock:
        return Clock()

    @pytest.fixture
    def counting(self, tmp_path: Path) -> Iterator[CountingStore]:
        store = CountingStore(tmp_path / "relive.db", durable=False)
        yield store
        store.close()

    @pytest.fixture
    def kept(self, counting: CountingStore, clock: Clock) -> Secrets:
        return Secrets(counting, {}, cache_seconds=5, clock=clock)

    def test_calls_within_the_lifetime_cost_one_read(
        self, kept: Secrets, counting: CountingStore, clock: Clock
    ) -> None:
        kept.set("shop", "KEY", "a secret value")
        for _ in range(20):
            clock.now += 0.2
            kept.renew("shop")
            assert kept.get("shop", "KEY") == "a secret value"
            assert kept.redactor("shop").text("a secret value") == "[secret KEY]"
        assert counting.reads == 1
        clock.now += 5
        kept.renew("shop")
        assert counting.reads == 2

    def test_an_app_without_secrets_costs_no_more(self, kept: Secrets, counting: CountingStore) -> None:
        for _ in range(20):
            kept.renew("shop")
            kept.redactor("shop")
        assert counting.reads == 1

    def test_many_threads_cost_one_read(self, kept: Secrets, counting: CountingStore) -> None:
        with ThreadPoolExecutor(16) as threads:
            list(threads.map(kept.renew, ["shop"] * 64))
        assert counting.reads == 1

    def test_the_redactor_stays_while_the_values_do(self, kept: Secrets, clock: Clock) -> None:
        kept.set("shop", "KEY", "a secret value")
        redactor = kept.redactor("shop")
        clock.now += 10
        kept.renew("shop")
        assert kept.redactor("shop") is redactor

    def test_a_change_is_seen_after_the_lifetime(self, kept: Secrets, secrets: Secrets, clock: Clock) -> None:
        kept.set("shop", "KEY", "the first value")
        assert kept.get("shop", "KEY") == "the first value"
        secrets.set("shop", "KEY", "the second value")
        clock.now += 4.9
        assert kept.get("shop", "KEY") == "the first value"
        clock.now += 0.1
        assert kept.get("shop", "KEY") == "the second value"
        assert kept.redactor("shop").text("the first value, the second value") == "[secret KEY], [secret KEY]"

    def test_a_new_one_is_found_at_once_and_redacted_from_then_on(self, kept: Secrets, secrets: Secrets) -> None:
        kept.renew("shop")
        secrets.set("shop", "KEY", "a secret value")
        assert kept.redactor("shop").text("a secret value") == "a secret value"
        assert kept.get("shop", "KEY") == "a secret value"
        assert kept.redactor("shop").text("a secret value") == "[secret KEY]"

    def test_a_removed_one_is_given_for_the_lifetime_and_redacted_for_longer(
        self, kept: Secrets, secrets: Secrets, clock: Clock
    ) -> None:
        kept.set("shop", "KEY", "a secret value")
        kept.renew("shop")
        secrets.remove("shop", "KEY")
        assert kept.get("shop", "KEY") == "a secret value"
        clock.now += 5
        assert kept.get("shop", "KEY") is None
        assert kept.redactor("shop").text("a secret value") == "[secret KEY]"

    def test_ones_own_changes_are_seen_at_once(self, kept: Secrets) -> None:
        for value in ("the first value", "the second value"):
            kept.set("shop", "KEY", value)
            assert kept.get("shop", "KEY") == value
        kept.remove("shop", "KEY")
        assert kept.get("shop", "KEY") is None
        assert kept.names("shop") == []
