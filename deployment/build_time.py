"""Run as a program by deploy.mk: writes into a package when it was built, in seconds since the epoch, as file `built`.

Arguments: the folder of the package, and a file that remembers the last build.

Packages of the same content that are built one after the other get the same time: those of all functions that serve,
so that the SAM CLI uploads them once, and one that is built again. Any other content is later than the build before it,
also within the clock's resolution, or when the clock was set back.
"""

import fcntl
import hashlib
import sys
import time
from pathlib import Path

STEP_SECONDS = 0.001


def build_time(package: Path, record: Path, now: float) -> float:
    """When the package was built, as the record has it, or else from now on."""
    digest = digest_of(package)
    record.parent.mkdir(parents=True, exist_ok=True)
    with record.open("a+") as last:
        fcntl.flock(last, fcntl.LOCK_EX)  # the SAM CLI may build several at once
        last.seek(0)
        known = last.read().split()
        if known and known[0] == digest:
            return float(known[1])
        built = round(max(now, float(known[1]) + STEP_SECONDS) if known else now, 3)
        last.truncate(0)
        last.write(f"{digest} {built:.3f}\n")
    return built


def digest_of(package: Path) -> str:
    """Of the names and the content of all files, but for compiled ones, which follow from others."""
    digest = hashlib.sha256()
    for path in sorted(package.rglob("*")):
        if path.is_file() and "__pycache__" not in path.parts:
            with path.open("rb") as file:
                content = hashlib.file_digest(file, "sha256").hexdigest()
            digest.update(f"{path.relative_to(package)}\0{content}\n".encode())
    return digest.hexdigest()


if __name__ == "__main__":
    folder = Path(sys.argv[1])
    (folder / "built").unlink(missing_ok=True)
    built = build_time(folder, Path(sys.argv[2]), time.time())
    (folder / "built").write_text(f"{built:.3f}\n")
