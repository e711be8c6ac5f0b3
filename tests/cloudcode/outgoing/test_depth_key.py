"""What the depth is signed with: one key for all processes on a store."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from runtime.cloudcode.outgoing.depth import DepthSigner
from runtime.cloudcode.outgoing.depth_key import derived_from, kept_in
from runtime.store.sqlite.records import SqliteStore
from tests.store.engines import SHARING, Clock, sharing


@pytest.mark.parametrize("engine", SHARING)
def test_all_who_need_one_at_once_agree(tmp_path: Path, engine: str) -> None:
    make_store = sharing(engine, tmp_path, Clock())
    stores = [make_store() for _ in range(4)]
    with ThreadPoolExecutor(16) as threads:
        keys = set(threads.map(lambda number: kept_in(stores[number % 4])(), range(16)))
    for store in stores:
        store.close()
    assert len(keys) == 1
    assert len(keys.pop()) == 32


def test_it_is_read_when_it_is_needed_and_once(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path / "relive.db", durable=False)
    signer = DepthSigner(kept_in(store))
    assert signer.verify("8.1.nonsense") == 0
    value = signer.sign(3)
    store.close()
    assert signer.verify(value) == 3


def test_each_deployment_has_its_own(tmp_path: Path) -> None:
    stores = [SqliteStore(tmp_path / name, durable=False) for name in ("a", "b")]
    first, second = (DepthSigner(kept_in(store)) for store in stores)
    assert second.verify(first.sign(3)) == 0
    assert DepthSigner(derived_from("a key")).verify(first.sign(3)) == 0
    for store in stores:
        store.close()
