"""Runners that run native code, one fork server for each set of layers, and what there is to attack."""

import os
import shutil
import socket
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.sandbox.lockdown.native import NativeRunners

Lock = Callable[..., NativeRunners]


@pytest.fixture(scope="session")
def locked_by(guest: Path) -> Iterator[Lock]:
    """`locked_by("seccomp")` are runners under this layer alone, `locked_by()` under none, `locked_by(None)` all."""
    made: dict[Sequence[str] | None, NativeRunners] = {}

    def locked_by(*names: str | None) -> NativeRunners:
        key = None if names == (None,) else tuple(name for name in names if name)
        if key not in made:
            made[key] = NativeRunners(guest, key)
        return made[key]

    yield locked_by
    for runners in made.values():
        runners.close()


@pytest.fixture(scope="session")
def prey() -> Iterator[dict[str, Any]]:
    """A folder that anybody may use, with a few files, and sockets that listen."""
    folder = Path(tempfile.mkdtemp(prefix="relive-prey-"))
    folder.chmod(0o777)
    for name in ("precious", "treasure", "of-root"):
        (folder / name).write_text(name)
    (folder / "of-root").chmod(0o600)
    abstract = f"relive-prey-{os.getpid()}"
    with (
        socket.create_server(("127.0.0.1", 0)) as tcp,
        socket.socket(socket.AF_UNIX) as in_folder,
        socket.socket(socket.AF_UNIX) as unix,
    ):
        in_folder.bind(str(folder / "socket"))
        unix.bind(f"\0{abstract}")
        for listening in (in_folder, unix):
            listening.listen(100)
        yield {"folder": str(folder), "tcp": tcp.getsockname()[1], "unix": abstract, "server": os.getpid()}
    shutil.rmtree(folder)


@pytest.fixture(autouse=True)
def _restore(prey: dict[str, Any]) -> None:
    for name in ("precious", "treasure"):
        (Path(prey["folder"]) / name).write_text(name)
