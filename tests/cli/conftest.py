"""A small app to serve, and a server that serves it."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import pytest

from tests.cli.commands import Process, running

Serve = Callable[..., AbstractContextManager[Process]]

FILES = {
    "relive.yaml": "app: {id: shop, title: The shop}\nfunctions: {hello: {}, told: {}, slow: {}, staff: {execute: [Staff]}}\n",
    "functions/hello.py": "def on_request(request, response):\n    return 'hello'\n",
    "functions/told.py": "def on_request(request, response):\n    return request.data\n",
    "functions/slow.py": "import time\n\ndef on_request(request, response):\n    time.sleep(50)\n",
    "functions/staff.py": "def on_request(request, response):\n    return 'for staff'\n",
}


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    folder = tmp_path / "shop"
    for path, text in FILES.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text)
    return folder


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return tmp_path / "data"


@pytest.fixture
def serve(shop: Path, data: Path, guests: Path) -> Serve:
    """Serves the shop at a free port, until it is ready."""

    @contextmanager
    def serve(*options: str, **variables: str) -> Iterator[Process]:
        arguments = ["serve", shop, "--port", "0", "--data", data, *options]
        with running(arguments, RELIVE_GUESTS=str(guests), **variables) as process:
            process.wait_for(r"staff\n\n")
            yield process

    return serve
