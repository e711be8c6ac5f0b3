"""Which processor a compiled guest is for."""

import platform
from pathlib import Path

ELF_MACHINES = {62: "x86_64", 183: "aarch64"}
"""`e_machine` of the ELF header that wasmtime puts before compiled code."""

ALIASES = {"amd64": "x86_64", "arm64": "aarch64"}


class ForeignGuest(Exception):
    """The compiled guest is not one for this machine."""


def this_machine() -> str:
    """The architecture of this machine: `x86_64` or `aarch64`."""
    machine = platform.machine().lower()
    return ALIASES.get(machine, machine)


def of_compiled_guest(path: Path) -> str:
    """The architecture that a compiled guest is for. Raises ForeignGuest when the file is no compiled guest."""
    with path.open("rb") as file:
        header = file.read(20)
    if len(header) < 20 or header[:4] != b"\x7fELF":
        raise ForeignGuest(f"{path} is no compiled guest. Build it again: make guest")
    machine = int.from_bytes(header[18:20], "little")
    return ELF_MACHINES.get(machine, f"machine {machine}")


def require_native(path: Path) -> None:
    """Raise ForeignGuest unless the compiled guest is for this machine.

    This comes before wasmtime sees the file: code of another architecture ends the whole process there.
    """
    compiled_for = of_compiled_guest(path)
    if compiled_for != this_machine():
        raise ForeignGuest(
            f"{path} is compiled for {compiled_for}, but this machine is {this_machine()}. "
            "Build the guest here: make guest"
        )


def memory_image(compiled: Path) -> Path:
    """Where the memory lies that a compiled guest begins with."""
    return compiled.with_suffix(".memory")


def compiled_guest(folder: Path) -> Path:
    """Where the compiled Python guest for this architecture lies."""
    return folder / f"python-{this_machine()}.cwasm"
