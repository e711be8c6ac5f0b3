"""Builds the Python guest: a component with the interpreter's snapshot, then machine code for this architecture.

A build is known by the hash of all that goes into it, which lies beside the result: an unchanged guest is not built
again.
"""

import fcntl
import hashlib
import importlib.metadata
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from runtime.sandbox.architecture import compiled_guest, memory_image
from runtime.sandbox.engine import make_engine, target
from runtime.sandbox.immortal import make_immortal
from runtime.sandbox.linking.binary import NotAsExpected
from runtime.sandbox.linking.merge import merge_modules
from runtime.sandbox.memory_image import take_out

HERE = Path(__file__).parent
WORLD = HERE / "world.wit"
SOURCES = HERE / "guests" / "python" / "src"
AFTERWARDS = ("engine.py", "immortal.py", "linking/*.py", "memory_image.py")
"""What decides about the result besides the sources and the tools."""

TOOLS = ("componentize-py", "wasmtime", "tzdata")

UNFINISHED = "unfinished-"

Progress = Callable[[str], None]


class BuildFailed(Exception):
    """The guest could not be built; the message is what the tool said."""


def build_guest(folder: Path, progress: Progress, *, force: bool = False) -> bool:
    """Build the Python guest into `folder` unless it is there already; True when it was built. Raises BuildFailed."""
    if not force and _is_built(folder):
        return False
    folder.mkdir(parents=True, exist_ok=True)
    with _only_one_at_a_time(folder):
        return _build_if_needed(folder, progress, force)


@contextmanager
def _only_one_at_a_time(folder: Path) -> Iterator[None]:
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # given back when the file is closed, also by a process that was killed
        yield


def _stamp(folder: Path) -> Path:
    return compiled_guest(folder).with_suffix(".inputs")


def _is_built(folder: Path) -> bool:
    stamp = _stamp(folder)
    result = compiled_guest(folder)
    there = all(path.exists() for path in (result, memory_image(result), stamp))
    return there and stamp.read_text() == hash_of_inputs()


def _build_if_needed(folder: Path, progress: Progress, force: bool) -> bool:
    if not force and _is_built(folder):  # by another process, while this one waited
        return False
    result, stamp = compiled_guest(folder), _stamp(folder)
    inputs = hash_of_inputs()
    stamp.unlink(missing_ok=True)
    for left_over in folder.glob(f"{UNFINISHED}*"):  # of a build that was killed
        shutil.rmtree(left_over, ignore_errors=True)
    with tempfile.TemporaryDirectory(dir=folder, prefix=UNFINISHED) as temporary:
        component = Path(temporary) / "python.wasm"
        progress("Building the Python guest (1 of 2): an interpreter with its library, as a WebAssembly component")
        _componentize(component)
        progress(f"Building the Python guest (2 of 2): machine code for {target()}")
        compiled = Path(temporary) / result.name
        try:
            improved, memory = take_out(make_immortal(merge_modules(component.read_bytes())))
        except NotAsExpected as exception:
            raise BuildFailed(f"What componentize-py made is not as expected: {exception}") from exception
        memory_image(compiled).write_bytes(memory)
        compiled.write_bytes(_compile(improved))
        os.replace(memory_image(compiled), memory_image(result))
        os.replace(compiled, result)
    stamp.write_text(inputs)
    return True


def hash_of_inputs() -> str:
    """The hash of the world, the guest's sources, the tools' versions, what is done afterwards, and the target."""
    digest = hashlib.sha256(target().encode())
    for tool in TOOLS:
        digest.update(f"{tool} {importlib.metadata.version(tool)}\n".encode())
    for path in (WORLD, *(path for pattern in AFTERWARDS for path in sorted(HERE.glob(pattern)))):
        digest.update(path.read_bytes())
    for path in sorted(SOURCES.rglob("*.py")):
        digest.update(f"{path.relative_to(SOURCES)}\n".encode() + path.read_bytes())
    return digest.hexdigest()


def _componentize(component: Path) -> None:
    import tzdata

    executable = Path(sys.executable).parent / "componentize-py"
    library = Path(tzdata.__file__).parents[1]
    with tempfile.TemporaryDirectory() as only_tzdata:
        shutil.copytree(library / "tzdata", Path(only_tzdata) / "tzdata")  # a link out of the folder is not followed
        command = [
            str(executable), "-q", "-d", str(WORLD), "-w", "guest",
            "componentize", "guest", "-p", str(SOURCES), "-p", only_tzdata, "-o", str(component),
        ]  # fmt: skip
        finished = subprocess.run(command, capture_output=True, text=True, check=False)
    if finished.returncode:
        said, _, _ = f"{finished.stdout}{finished.stderr}".partition("Stack backtrace:")  # of the tool itself
        raise BuildFailed(f"componentize-py failed:\n{said.strip()}")


def _compile(component: bytes) -> bytes:
    from wasmtime.component import Component

    return bytes(Component(make_engine(), component).serialize())
