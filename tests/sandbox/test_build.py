"""Building the guest: once for the same inputs, and with a clear word when it fails."""

import shutil
from pathlib import Path

import pytest

from runtime.sandbox import build
from runtime.sandbox.build import BuildFailed, build_guest, hash_of_inputs


def test_a_guest_that_is_there_is_not_built_again(guests: Path) -> None:
    told: list[str] = []
    assert build_guest(guests, told.append) is False
    assert told == []


CHANGES = {
    "a source": ("src/relive_guest/loop.py", "# changed\n"),
    "a new file": ("src/relive_guest/new.py", "x = 1\n"),
    "the world": ("world.wit", "// changed\n"),
}


@pytest.mark.parametrize(("path", "text"), CHANGES.values(), ids=CHANGES)
def test_a_changed_input_is_another_guest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, path: str, text: str
) -> None:
    before = hash_of_inputs()
    copy_inputs(tmp_path, monkeypatch)
    assert hash_of_inputs() == before
    with (tmp_path / path).open("a") as file:
        file.write(text)
    assert hash_of_inputs() != before


@pytest.mark.slow
def test_a_build_that_fails_says_why_and_leaves_nothing_half_done(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    copy_inputs(tmp_path, monkeypatch)
    (tmp_path / "src" / "guest.py").write_text("raise ValueError('told so')\n")
    folder = tmp_path / "guests"
    told: list[str] = []
    with pytest.raises(BuildFailed, match="told so"):
        build_guest(folder, told.append)
    assert len(told) == 1
    assert [path.name for path in folder.iterdir()] == ["lock"]


def copy_inputs(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the build read its inputs from copies in a folder."""
    shutil.copytree(build.SOURCES, folder / "src", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(build.WORLD, folder)
    monkeypatch.setattr(build, "SOURCES", folder / "src")
    monkeypatch.setattr(build, "WORLD", folder / "world.wit")
