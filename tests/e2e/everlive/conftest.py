"""A server that a user started on the app `library`, and the client that talks to it."""

import os
import re
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.conftest import MASTER_KEY, PATIENCE_SECONDS, RELIVE
from tests.e2e.everlive.client import FOLDER, Client
from tests.npm import install

APP = "library"


@pytest.fixture(scope="session")
def client(tmp_path_factory: pytest.TempPathFactory, guests: Path) -> Iterator[Client]:
    """One server and one client for all tests here; each file of tests has content types of its own."""
    if reason := install(FOLDER):
        pytest.skip(reason)
    folder = tmp_path_factory.mktemp("everlive")
    shutil.copytree(FOLDER / APP, folder / APP)
    output = folder / "output"
    with output.open("w") as stream:
        server = subprocess.Popen(
            [str(RELIVE), "serve", APP, "--port", "0", "--data", "data"],
            stdout=stream,
            stderr=subprocess.STDOUT,
            cwd=folder,
            env={**os.environ, "RELIVE_GUESTS": str(guests), "RELIVE_MASTER_KEY": MASTER_KEY},
        )
    try:
        client = Client(_address(output), APP, MASTER_KEY, folder)
        yield client
        client.close()
    finally:
        server.terminate()
        server.wait(PATIENCE_SECONDS)


def _address(output: Path) -> str:
    """Where the server says that it listens."""
    end = time.monotonic() + PATIENCE_SECONDS
    while not (found := re.search(r"http://([\d.]+:\d+)/v1/", output.read_text())):
        assert time.monotonic() < end, f"The server did not start:\n{output.read_text()}"
        time.sleep(0.05)
    return found[1]
