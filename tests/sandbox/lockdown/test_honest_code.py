"""What an honest runner does still works under all layers: native code tries it, as the engine and Python do it."""

import sys
from pathlib import Path
from typing import Any

import pytest

from runtime.sandbox.architecture import memory_image
from tests.sandbox.lockdown.attacks import Attack
from tests.sandbox.lockdown.conftest import Lock
from tests.sandbox.lockdown.native import ask
from tests.sandbox.processes import descriptors, needs_sight

pytestmark = [pytest.mark.slow, pytest.mark.skipif(sys.platform != "linux", reason="only Linux locks runners")]

HONEST = [
    ("a thread", "got = []\nt = threading.Thread(target=lambda: got.append(1)); t.start(); t.join(10); return got", [1]),
    ("many threads", "ts = [threading.Thread(target=time.sleep, args=(.01,)) for _ in range(20)]\nfor t in ts: t.start()\nfor t in ts: t.join()\nreturn 'done'", "done"),
    ("a sleep", "time.sleep(.01); return 'awake'", "awake"),
    ("a select with a time limit", "import select; return select.select([], [], [], .01)", [[], [], []]),
    ("an event loop's parts", "import select; e = select.epoll(); d = os.eventfd(1); e.register(d); return len(e.poll(1)) > 0", True),
    ("the clocks", "return time.time() > 1e9 and time.monotonic() > 0 and time.clock_getres(time.CLOCK_MONOTONIC) > 0", True),
    ("an alarm", "signal.alarm(100); return signal.alarm(0) > 0", True),
    ("randomness", "return len(os.urandom(64))", 64),
    ("a signal handler", "signal.signal(signal.SIGUSR1, signal.SIG_IGN); return 'set'", "set"),
    ("who it is", "return os.getpid() > 0", True),
    ("200 MB of memory", "return len(bytearray(200 << 20))", 200 << 20),
    ("memory that grows", "b = bytearray()\nfor _ in range(50): b += bytes(1 << 20)\nreturn len(b)", 50 << 20),
    ("addresses for several instances", "ms = [mmap.mmap(-1, 4362076160, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS | 0x4000, 0) for _ in range(8)]; return len(ms)", 8),
    ("an exception with its lines", "try: 1 / 0\nexcept ZeroDivisionError: return traceback.format_exc().splitlines()[-1]", "ZeroDivisionError: division by zero"),
    ("a module that is not there", "try: import colorsys\nexcept ImportError: return 'no module'", "no module"),
    ("the number of processors", "return len(os.sched_getaffinity(0)) > 0", True),
    ("another collection", "import gc; return gc.collect() >= 0", True),
]  # fmt: skip


@pytest.mark.parametrize(("name", "code", "expected"), HONEST, ids=[row[0] for row in HONEST])
def test_it_works(locked_by: Lock, name: str, code: str, expected: Any) -> None:
    assert locked_by(None).attack(Attack(name, code, set()).source) == {"got": expected}


@needs_sight
def test_it_holds_two_pipes_the_guest_and_its_pages(locked_by: Lock, guest: Path) -> None:
    """Counted from inside, where no list of them can be read."""
    code = """
def attack():
    held = []
    for number in range(1000):
        try:
            fcntl.fcntl(number, fcntl.F_GETFD)
        except OSError:
            continue
        held.append(number)
    return held
"""
    runners = locked_by(None)
    runner = runners.runner()
    try:
        answer = ask(runner, code)
        assert isinstance(answer, dict)
        held = descriptors(runner.pid)
        assert answer["got"] == sorted(held)
        expected = [f"/proc/{runner.pid}/pagemap", str(guest), str(memory_image(guest)), "pipe", "pipe"]
        assert sorted(name.split(":")[0] for number, name in held.items() if number > 2) == sorted(expected)
    finally:
        runner.end()
