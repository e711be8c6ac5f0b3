"""Large texts do not stay with the process that once had them."""

import subprocess
import sys

import pytest

pytestmark = pytest.mark.slow

PROGRAM = """
import re, threading
from runtime.large_blocks import give_back_large_blocks
give_back_large_blocks()

def resident_mb():
    return int(re.search(r"VmRSS:\\s+(\\d+)", open("/proc/self/status").read())[1]) // 1024

def work():
    for _ in range(20):
        texts = ["x" * 6_000_000 for _ in range(4)]
        barrier.wait(20)
        del texts[1::2]

barrier = threading.Barrier(6)
threads = [threading.Thread(target=work) for _ in range(6)]
before = resident_mb()
for thread in threads: thread.start()
for thread in threads: thread.join()
print(resident_mb() - before)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="it is about glibc, and reads /proc")
def test_what_threads_have_freed_goes_back_to_the_system() -> None:
    finished = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, timeout=60, check=True)
    assert int(finished.stdout) < 20
