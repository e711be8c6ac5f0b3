import stat
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from runtime.local.master_key import MasterKeyError, master_key


def test_a_key_is_made_once_and_kept(tmp_path: Path) -> None:
    data = tmp_path / "new" / "data"
    key = master_key(data)
    assert len(key) >= 32
    assert master_key(data) == key
    assert [file.name for file in data.iterdir()] == ["master-key"]


def test_only_its_owner_can_read_it(tmp_path: Path) -> None:
    master_key(tmp_path)
    assert stat.S_IMODE((tmp_path / "master-key").stat().st_mode) == 0o600


def test_a_configured_key_wins_and_is_not_kept(tmp_path: Path) -> None:
    assert master_key(tmp_path, "configured") == "configured"
    assert not list(tmp_path.iterdir())


def test_starts_at_once_agree(tmp_path: Path) -> None:
    start = threading.Barrier(8)

    def make(data: Path) -> str:
        start.wait(30)
        return master_key(data)

    with ThreadPoolExecutor(8) as threads:
        for number in range(30):
            assert len(set(threads.map(make, [tmp_path / str(number)] * 8))) == 1


def test_an_empty_file_is_no_key(tmp_path: Path) -> None:
    (tmp_path / "master-key").touch()
    with pytest.raises(MasterKeyError, match="is empty"):
        master_key(tmp_path)


def test_a_folder_that_cannot_be(tmp_path: Path) -> None:
    (tmp_path / "data").touch()
    with pytest.raises(MasterKeyError, match="Cannot keep the master key"):
        master_key(tmp_path / "data")
