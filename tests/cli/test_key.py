"""relive key, for the data folder."""

import re
import stat
from pathlib import Path

import httpx
import pytest

from runtime.cli.kept import open_store
from runtime.cli.key import rotated_key
from runtime.http.master_key import KeptMasterKey
from runtime.http.master_key_vault import accepted_key
from runtime.local.master_key import MasterKeyFile
from runtime.settings import load_settings
from tests.cli.commands import relive
from tests.cli.conftest import Serve

pytestmark = pytest.mark.slow


def status(url: str, key: str) -> int:
    headers = {"Authorization": f"MasterKey {key}"}
    return httpx.get(f"{url}/v1/shop/Functions/staff", headers=headers, trust_env=False).status_code


def test_a_key_is_made_and_shown(data: Path) -> None:
    first = relive("key", "show", "--data", data)
    assert re.fullmatch(r"[\w-]{43}\n", first.stdout)
    assert (data / "master-key").read_text() == first.stdout
    assert relive("key", "show", RELIVE_DATA=str(data)).stdout == first.stdout


def test_a_server_that_runs_takes_the_new_key(serve: Serve, data: Path) -> None:
    with serve(RELIVE_CACHE_SECONDS="0") as process:
        url = process.wait_for(r"(http://[\d.:]+)/v1/shop")[1]
        first = relive("key", "show", "--data", data).stdout.strip()
        assert first in process.output
        assert status(url, first) == 200
        rotated = relive("key", "rotate", "--data", data)
        second = rotated.stdout.strip()
        assert rotated.stderr == "Servers that run take the new key within 1 second. The old one is void then.\n"
        assert (status(url, first), status(url, second)) == (401, 200)
        rotated = relive("key", "rotate", "--overlap", "60", "--data", data)
        assert rotated.stderr.endswith("The old one is valid for 60 minutes more.\n")
        third = rotated.stdout.strip()
        assert [status(url, key) for key in (first, second, third)] == [401, 200, 200]
    assert relive("key", "show", "--data", data).stdout.strip() == third
    assert stat.S_IMODE((data / "master-key").stat().st_mode) == 0o600
    with serve(RELIVE_CACHE_SECONDS="0") as process:
        url = process.wait_for(r"(http://[\d.:]+)/v1/shop")[1]
        assert [status(url, key) for key in (first, second, third)] == [401, 200, 200]


def test_a_key_that_was_put_there_by_hand_counts_from_the_next_start(serve: Serve, data: Path) -> None:
    first = relive("key", "show", "--data", data).stdout.strip()
    (data / "master-key").write_text("by hand\n")
    with serve() as process:
        url = process.wait_for(r"(http://[\d.:]+)/v1/shop")[1]
        assert (status(url, first), status(url, "by hand")) == (401, 200)


def test_two_rotations_at_the_same_moment_agree(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One has told the vault first and the servers last, and the other one has done all of it in between."""
    monkeypatch.setattr("runtime.http.master_key_vault.SETTLE_SECONDS", 0.01)
    vault = MasterKeyFile(data)
    with open_store(load_settings(data=data)) as store:
        keys = KeptMasterKey(store)
        others: list[str] = []

        class Overtaken(KeptMasterKey):
            def rotate(self, key: str, overlap_seconds: float = 0) -> None:
                others.append(rotated_key(vault, keys, 0))
                super().rotate(key, overlap_seconds)

        mine = rotated_key(vault, Overtaken(store), 0)
        assert [mine] == others == [vault.key()]
        assert not keys.has_another(mine)


def test_a_rotation_beside_it_is_not_undone(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with open_store(load_settings(data=data)) as store:
        accepted = KeptMasterKey(store)
        accepted.accept("old")
        seen = []

        class Vault(MasterKeyFile):
            """Shows the old key for the last time, while another command rotates it."""

            def key(self) -> str:
                seen.append("new" if seen else "old")
                accepted.rotate("new")
                return seen[-1]

        monkeypatch.setattr("runtime.http.master_key_vault.SETTLE_SECONDS", 0)
        assert accepted_key(Vault(data), accepted) == "new"
        assert (accepted.is_valid("old"), accepted.is_valid("new")) == (False, True)


@pytest.mark.parametrize(
    ("arguments", "variables", "code", "output", "error"),
    [
        pytest.param(["show"], {"RELIVE_MASTER_KEY": "fixed"}, 0, "fixed\n", "", id="show a configured one"),
        pytest.param(
            ["rotate"], {"RELIVE_MASTER_KEY": "fixed"}, 1, "",
            "The master key comes from the settings (RELIVE_MASTER_KEY). Change it there.\n", id="rotate a configured one",
        ),
        pytest.param(
            ["show"], {"RELIVE_TABLE": "a-table"}, 1, "",
            "The key of a table is known by its stack alone. Name it: --stack NAME\n", id="of a table",
        ),
        pytest.param(
            ["show", "--data", "x", "--stack", "y"], {}, 1, "",
            "--data, --table and --stack name different places. Give one of them.\n", id="of two places",
        ),
    ],
)  # fmt: skip
def test_what_is_not_kept_there(
    data: Path, arguments: list[str], variables: dict[str, str], code: int, output: str, error: str
) -> None:
    process = relive("key", *arguments, RELIVE_DATA=str(data), **variables)
    assert (process.returncode, process.stdout, process.stderr) == (code, output, error)
    assert not data.exists()
