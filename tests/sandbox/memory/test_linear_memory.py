"""Whatever is done to a memory, the next user finds it as it was in the beginning."""

import ctypes
import os
import random
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from runtime.sandbox.memory.changed_pages import CHANGED, ChangedPages, open_changed_pages
from runtime.sandbox.memory.linear_memory import KEPT_PAGES, LinearMemory, MemoryImage
from runtime.sandbox.memory.mapping import PAGE

PAGES = 2 * KEPT_PAGES
CONTENT = random.Random(4).randbytes(PAGES * PAGE)
RESERVED = len(CONTENT) + 1024 * PAGE
GUARD = 16 * PAGE


@pytest.fixture(scope="module")
def image(tmp_path_factory: pytest.TempPathFactory) -> MemoryImage:
    path = tmp_path_factory.mktemp("image") / "guest.memory"
    path.write_bytes(CONTENT)
    return MemoryImage(path)


@pytest.fixture
def memory(image: MemoryImage) -> Iterator[LinearMemory]:
    memory = LinearMemory(image, RESERVED, GUARD)
    yield memory
    memory.close()


def content(memory: LinearMemory) -> bytes:
    return ctypes.string_at(memory.address, memory.size)


def write(memory: LinearMemory, at: int, told: bytes) -> None:
    ctypes.memmove(memory.address + at, told, len(told))


def scribble(memory: LinearMemory, pages: int) -> None:
    """Change a byte of each of so many pages."""
    for page in range(pages):
        write(memory, page * PAGE, bytes([CONTENT[page * PAGE] ^ 1]))


def test_it_begins_as_the_image(memory: LinearMemory) -> None:
    assert content(memory) == CONTENT


Use = tuple[list[tuple[float, bytes]], int, int]
"""What is written, by parts of the size; by how many pages it grows before; how many pages are changed besides."""

uses = st.tuples(
    st.lists(st.tuples(st.floats(0, 1, exclude_max=True), st.binary(min_size=1, max_size=3 * PAGE)), max_size=5),
    st.sampled_from([0, 0, 0, 1, 16, 1000]),
    st.sampled_from([0, 0, 0, 3, 200, KEPT_PAGES, KEPT_PAGES + 1]),
)


@pytest.mark.slow
@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(uses, min_size=1, max_size=6))
def test_nothing_of_those_before_is_left(image: MemoryImage, changed: ChangedPages | None, used: list[Use]) -> None:
    memory = LinearMemory(image, RESERVED, GUARD)
    try:
        for written, more_pages, scribbled in used:
            memory.grow(memory.size + more_pages * PAGE)
            assert content(memory) == CONTENT + bytes(more_pages * PAGE)
            for part, told in written:
                write(memory, int(part * (memory.size - len(told))), told)
            scribble(memory, scribbled)
            memory.restore(changed)
            assert content(memory) == CONTENT
    finally:
        memory.close()


@pytest.mark.parametrize("pages", [0, 1, 100, KEPT_PAGES, KEPT_PAGES + 1, PAGES])
def test_what_it_keeps_is_bounded(memory: LinearMemory, changed: ChangedPages | None, pages: int) -> None:
    scribble(memory, pages)
    memory.restore(changed)
    if changed:
        kept = sum(end - start for start, end in changed.runs(memory.address, memory.size))
        assert kept == (pages if pages <= KEPT_PAGES else 0)


def test_pages_that_were_changed_by_different_users_are_all_restored(
    memory: LinearMemory, changed: ChangedPages | None
) -> None:
    for page in (7, 3, 1000, 7):
        write(memory, page * PAGE, b"left behind")
        memory.restore(changed)
        assert content(memory) == CONTENT


@pytest.mark.parametrize("size", [len(CONTENT) - PAGE, RESERVED + PAGE], ids=["less", "more than is reserved"])
def test_it_does_not_grow_to(memory: LinearMemory, size: int) -> None:
    with pytest.raises(OSError, match="no memory can be so large"):
        memory.grow(size)
    assert content(memory) == CONTENT


BEHIND: dict[str, Callable[[LinearMemory], int]] = {
    "behind its end": lambda memory: memory.address + len(CONTENT),
    "in the last byte of the guard": lambda memory: memory.address + RESERVED + GUARD - 1,
}


@pytest.mark.parametrize("grown", [False, True], ids=["as it was made", "after it had grown"])
@pytest.mark.parametrize("where", BEHIND.values(), ids=BEHIND)
def test_nothing_can_be_read(
    memory: LinearMemory, changed: ChangedPages | None, where: Callable[[LinearMemory], int], grown: bool
) -> None:
    if grown:
        memory.grow(RESERVED)
        memory.restore(changed)
    pid = os.fork()
    if pid == 0:
        signal.signal(signal.SIGSEGV, signal.SIG_DFL)
        ctypes.string_at(where(memory), 1)
        os._exit(0)
    _, status = os.waitpid(pid, 0)
    assert os.WTERMSIG(status) == signal.SIGSEGV


@pytest.mark.parametrize(
    ("byte", "is_changed"),
    [
        pytest.param(0b0000_0000, False, id="never touched"),
        pytest.param(0b1010_0000, False, id="the file's"),
        pytest.param(0b1010_0001, False, id="the file's, and nobody else's"),
        pytest.param(0b1000_0000, True, id="a copy"),
        pytest.param(0b1000_0001, True, id="a copy that nobody else has"),
        pytest.param(0b0100_0000, True, id="swapped out"),
        pytest.param(0b0110_0000, True, id="on its way"),
    ],
)
def test_what_the_kernel_tells_of_a_page(byte: int, is_changed: bool) -> None:
    assert bool(CHANGED.fullmatch(bytes([byte]))) is is_changed


@pytest.mark.skipif(sys.platform != "linux", reason="Linux tells of pages")
def test_a_process_that_hides_sees_its_own_pages() -> None:
    """In a process of its own, since it gives up what it is. The root is empty by then."""
    program = """
import os
from runtime.sandbox.lockdown import empty_root, privileges, process
from runtime.sandbox.lockdown.libc import prctl
from runtime.sandbox.memory.changed_pages import PR_GET_DUMPABLE, open_changed_pages, open_proc
proc = open_proc()
if os.getuid() == 0:
    empty_root.enter()
privileges.drop()
process.hide()
changed = open_changed_pages(proc)
print(changed is not None, prctl(PR_GET_DUMPABLE))
try:
    os.stat("self", dir_fd=proc)
except OSError:
    print("/proc is closed")
"""
    told = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=30)
    assert told.stdout == "True 0\n/proc is closed\n", told.stderr


def test_where_there_is_no_proc_nothing_is_known(tmp_path: Path) -> None:
    assert open_changed_pages(None) is None
    assert open_changed_pages(os.open(tmp_path, os.O_RDONLY)) is None
