"""PostgreSQL in a temporary folder, as its packages set it up: every commit waits for the disk."""

import os
import pwd
import secrets
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.bench.process import free_port, started

USER = "bench"
DEBIAN = "usr/lib/postgresql/*/bin/postgres"
ACCOUNT = "postgres"
"""The account that Debian's package makes. PostgreSQL refuses to run as root, so root runs it as this one."""


def folder_of_programs() -> Path | None:
    """Where `postgres` and `initdb` are, of the newest version; None if they are not installed."""
    found = shutil.which("postgres")
    if found and shutil.which("initdb"):
        return Path(found).resolve().parent
    return max((path.parent for path in Path("/").glob(DEBIAN)), key=lambda path: int(path.parent.name), default=None)


@contextmanager
def serving() -> Iterator[str]:
    """A server with an empty database; gives the address of the database, with its password."""
    programs = folder_of_programs()
    assert programs, "PostgreSQL is not installed"
    account = {"user": ACCOUNT, "group": pwd.getpwnam(ACCOUNT).pw_gid, "extra_groups": []} if os.getuid() == 0 else {}
    with tempfile.TemporaryDirectory() as name:
        folder, password, port = Path(name), secrets.token_hex(), free_port()
        (folder / "password").write_text(password)
        if account:
            for path in (folder, folder / "password"):
                shutil.chown(path, ACCOUNT)
        data = ["--pgdata", str(folder / "data")]
        options = ["--username", USER, "--pwfile", str(folder / "password"), "--auth", "scram-sha-256"]
        initdb = [str(programs / "initdb"), *data, *options, "--encoding", "UTF8", "--locale", "C.UTF-8"]
        subprocess.run(initdb, check=True, capture_output=True, cwd=folder, **account)
        command = [str(programs / "postgres"), "-D", str(folder / "data"), "-k", str(folder), "-p", str(port)]
        with started([*command, "-h", "127.0.0.1"], port, cwd=folder, **account):
            _wait_until_ready(folder / "data")
            yield f"postgres://{USER}:{password}@127.0.0.1:{port}/postgres"


def _wait_until_ready(data: Path) -> None:
    """It listens a moment before it lets anybody in; the last line of this file then says `ready`."""
    for _ in range(100):
        if (data / "postmaster.pid").read_text().split()[-1] == "ready":
            return
        time.sleep(0.05)
    raise RuntimeError("PostgreSQL does not get ready")
