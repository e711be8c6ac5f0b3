"""Memory is counted for a process and all that it has started."""

import subprocess
import sys

from tests.bench.memory import MEGABYTE, descendants, private_bytes, resident_bytes

HOLD = "held = bytearray(b'x') * ({megabytes} << 20); {then}"
TELL = "print(len(held), flush=True); import sys; sys.stdin.read()"


def test_a_process_and_its_children() -> None:
    child = HOLD.format(megabytes=30, then=TELL)
    start = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {child!r}])"
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD.format(megabytes=20, then=start)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert process.stdin
    assert process.stdout
    try:
        assert process.stdout.readline() == b"%d\n" % (30 << 20)
        assert len(descendants(process.pid)) == 1
        assert 50 <= private_bytes(process.pid) / MEGABYTE <= 100
        assert private_bytes(process.pid) <= resident_bytes(process.pid)
    finally:
        process.stdin.close()
        process.wait(10)
        process.stdout.close()
