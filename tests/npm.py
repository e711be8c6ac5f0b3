"""Packages from npm, for tests that hold Relive against software written in JavaScript."""

import fcntl
import shutil
import subprocess
from pathlib import Path

# An install may have to wait for the network.
INSTALL_SECONDS = 120


def install(folder: Path) -> str:
    """Install what the folder's package-lock.json names, once; answers why that cannot be, or nothing."""
    if not (shutil.which("node") and shutil.which("npm")):
        return "node and npm are not installed"
    with (folder / "package-lock.json").open() as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # tests may run side by side
        installed = folder / "node_modules" / ".package-lock.json"
        if installed.exists() and installed.stat().st_mtime >= (folder / "package-lock.json").stat().st_mtime:
            return ""
        command = ["npm", "ci", "--no-audit", "--no-fund", "--ignore-scripts"]
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=INSTALL_SECONDS, check=False)
        return "" if done.returncode == 0 else f"npm ci failed: {done.stderr[-500:]}"
