"""`relive doctor`: what it shows when all is well, and what it says of each thing that is missing."""

import os
import sys
import time
from pathlib import Path

import pytest

from runtime.cli.checkup import Verdict, _clock, _layer
from runtime.sandbox.architecture import compiled_guest, memory_image, this_machine
from runtime.sandbox.lockdown.layers import Layer
from tests.cli.commands import relive

pytestmark = pytest.mark.slow

ELF_MACHINE = {"x86_64": 62, "aarch64": 183}


def table(output: str) -> dict[str, tuple[str, str]]:
    """The verdict and the detail of each subject."""
    rows = (line.split(maxsplit=1) for line in output.splitlines())
    return {rest[:24].strip(): (verdict, rest[24:].strip()) for verdict, rest in rows}


@pytest.mark.slow
def test_all_is_well(guests: Path, data: Path) -> None:
    process = relive("doctor", "--data", data, RELIVE_GUESTS=str(guests))
    assert (process.returncode, process.stderr) == (0, "")
    shown = table(process.stdout)
    subjects = [subject for subject in shown if not subject.startswith("lock: ")]
    assert subjects == ["Python", "guest", "fork server", "a call", "memory", "descriptors", "data folder", "clock"]
    assert {shown[subject][0] for subject in subjects} <= {"ok", "note"}
    assert len(shown) == len(subjects) + 9
    if sys.platform == "linux":
        assert shown["lock: seccomp"][0] == "ok"
    assert not data.exists()


def no_guest(folder: Path) -> None:
    pass


def foreign_guest(folder: Path) -> None:
    other = next(number for machine, number in ELF_MACHINE.items() if machine != this_machine())
    compiled_guest(folder).write_bytes(b"\x7fELF" + bytes(14) + other.to_bytes(2, "little"))


def broken_guest(folder: Path) -> None:
    guest_without_memory(folder)
    memory_image(compiled_guest(folder)).write_bytes(bytes(65_536))


def guest_without_memory(folder: Path) -> None:
    own = ELF_MACHINE[this_machine()]
    compiled_guest(folder).write_bytes(b"\x7fELF" + bytes(14) + own.to_bytes(2, "little") + b"nonsense")


def no_file_of_ours(folder: Path) -> None:
    compiled_guest(folder).write_text("nonsense")


MISSING = [
    (no_guest, {}, "guest", "Build it: make guest"),
    (guest_without_memory, {}, "guest", ".memory. Build it: make guest"),
    (foreign_guest, {}, "guest", "but this machine is"),
    (no_file_of_ours, {}, "guest", "is no compiled guest"),
    (broken_guest, {}, "sandbox", "The sandbox does not start: "),
    (no_guest, {"RELIVE_RUNNERS": "90000000"}, "descriptors", "ulimit -n 180000256"),
    (no_guest, {"RELIVE_DATA": os.devnull + "/data"}, "data folder", "cannot be written to: Not a directory"),
]


@pytest.mark.parametrize(
    ("make", "variables", "subject", "part"), MISSING, ids=lambda value: getattr(value, "__name__", "")
)
def test_what_is_missing(tmp_path: Path, make: object, variables: dict[str, str], subject: str, part: str) -> None:
    make(tmp_path)  # type: ignore[operator]
    process = relive("doctor", **{"RELIVE_GUESTS": str(tmp_path), "RELIVE_DATA": str(tmp_path / "data"), **variables})
    assert process.returncode == 1
    assert "Traceback" not in process.stderr
    verdict, detail = table(process.stdout)[subject]
    assert verdict == "bad"
    assert part in detail


def test_memory_that_may_not_suffice_is_a_note(tmp_path: Path) -> None:
    variables = {"RELIVE_RUNNERS": "90000000", "RELIVE_DATA": str(tmp_path), "RELIVE_GUESTS": str(tmp_path)}
    verdict, detail = table(relive("doctor", **variables).stdout)["memory"]
    assert verdict == "note"
    assert "12420000150 MB" in detail


def test_each_process_has_its_own_runners_for_nested_calls(tmp_path: Path) -> None:
    variables = {"RELIVE_RUNNERS": "90000000", "RELIVE_DATA": str(tmp_path), "RELIVE_GUESTS": str(tmp_path)}
    shown = table(relive("doctor", **variables, RELIVE_PROCESSES="2").stdout)
    assert "12420001404 MB" in shown["memory"][1]
    assert "90000264 may be needed" in shown["descriptors"][1]


@pytest.mark.parametrize(("days", "verdict"), [(-1, Verdict.OK), (0, Verdict.OK), (3, Verdict.BAD)])
def test_the_clock(tmp_path: Path, days: int, verdict: Verdict) -> None:
    """The file is that many days younger than the clock says."""
    newest = tmp_path / "installed"
    newest.touch()
    os.utime(newest, (0, time.time() + days * 24 * 3600))
    assert _clock(newest).verdict is verdict


@pytest.mark.parametrize(("active", "verdict"), [(True, Verdict.OK), (False, Verdict.NOTE)])
def test_a_layer(active: bool, verdict: Verdict) -> None:
    found = _layer(Layer("seccomp", active, "why"))
    assert (found.verdict, found.subject, found.detail) == (verdict, "lock: seccomp", "why")
