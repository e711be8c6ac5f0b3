"""Runs the property tests with many more examples than the ordinary suite does, again and again.

`python -m tests.fuzz.passes SECONDS SCRATCH`: tells what becomes of it as the worker does.
"""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

from tests.conftest import ROOT
from tests.fuzz.profile import KEEP, PROFILE

COMMAND = (
    sys.executable, "-m", "pytest", "tests/fuzz/properties", "-q", "-x", "-p", "no:cacheprovider", "--timeout=0",
    f"--hypothesis-profile={PROFILE}",
)  # fmt: skip

MOST_SHOWN = 4000
"""Characters of a failure."""


def main(seconds: str, scratch: str) -> None:
    """Each pass has other examples. Ends with the first that fails."""
    end, passes = time.monotonic() + float(seconds), 0
    while (left := end - time.monotonic()) > 0:
        output = Path(scratch) / "pass.txt"
        with output.open("w") as file:
            process = subprocess.Popen(
                [*COMMAND, f"--basetemp={scratch}/pytest"],
                cwd=ROOT,
                env={**os.environ, KEEP: "1"},
                stdout=file,
                stderr=file,
            )
            try:
                failed = process.wait(left) != 0
            except subprocess.TimeoutExpired:
                process.terminate()
                process.wait()
                return
        if failed:
            _tell(found="a property test failed", why=output.read_text()[-MOST_SHOWN:], input="")
            return
        passes += 1
        _tell(runs=passes)


def _tell(**what: object) -> None:
    print(json.dumps(what), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
