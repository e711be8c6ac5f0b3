"""A guest compiled for another processor is refused by name; wasmtime itself would end the process."""

from pathlib import Path

import pytest

from runtime.sandbox.architecture import ForeignGuest, of_compiled_guest, require_native, this_machine
from runtime.sandbox.processes import ForkServer, SandboxUnavailable

FOREIGN = "aarch64" if this_machine() == "x86_64" else "x86_64"
MACHINES = {"x86_64": 62, "aarch64": 183}


def compiled_for(machine: int, folder: Path) -> Path:
    path = folder / "python.cwasm"
    path.write_bytes(b"\x7fELF\x02\x01\x01".ljust(18, b"\0") + machine.to_bytes(2, "little") + b"\0" * 100)
    return path


def test_the_guest_built_here_is_for_this_machine(guest: Path) -> None:
    assert of_compiled_guest(guest) == this_machine()
    require_native(guest)


def test_a_foreign_guest_is_refused_by_the_name_of_its_architecture(tmp_path: Path) -> None:
    with pytest.raises(ForeignGuest, match=f"compiled for {FOREIGN}, but this machine is {this_machine()}"):
        require_native(compiled_for(MACHINES[FOREIGN], tmp_path))


def test_an_unknown_architecture_is_refused_by_its_number(tmp_path: Path) -> None:
    with pytest.raises(ForeignGuest, match="machine 243"):
        require_native(compiled_for(243, tmp_path))


@pytest.mark.parametrize(
    "content", [b"", b"\x7fELF", b"\0asm" + b"\0" * 100], ids=["empty", "cut short", "WebAssembly"]
)
def test_what_is_no_compiled_guest_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "python.cwasm"
    path.write_bytes(content)
    with pytest.raises(ForeignGuest, match="no compiled guest"):
        require_native(path)


def test_the_sandbox_tells_why_it_does_not_start(tmp_path: Path) -> None:
    server = ForkServer(compiled_for(MACHINES[FOREIGN], tmp_path), 128)
    with pytest.raises(SandboxUnavailable, match=f"compiled for {FOREIGN}"):
        server.start()


def test_a_guest_of_another_wasmtime_is_refused(tmp_path: Path, guest: Path) -> None:
    damaged = tmp_path / guest.name
    content = bytearray(guest.read_bytes()[:1_000_000])
    damaged.write_bytes(content)
    with pytest.raises(SandboxUnavailable, match="does not start"):
        ForkServer(damaged, 128).start()


def test_a_missing_guest_says_how_to_build_it(tmp_path: Path) -> None:
    with pytest.raises(SandboxUnavailable, match="make guest"):
        ForkServer(tmp_path / "python.cwasm", 128).start()
