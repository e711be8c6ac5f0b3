"""Parse Server on PostgreSQL, the backend that most apps of this kind run on."""

import json
import os
import secrets
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.bench.load import Request, answered
from tests.bench.peers.parse_server import postgres
from tests.bench.process import free_port, started
from tests.npm import install

HERE = Path(__file__).parent
APP_ID = "bench"
FIELDS = {"Title": "String", "Shelf": "Number", "Text": "String", "Slug": "String"}
CLASSES = ("Plain", "Hooked")
RIGHTS = ("find", "get", "count", "create", "update", "delete")
EVERYBODY = {right: {"*": True} for right in RIGHTS}


@dataclass(frozen=True)
class ParseServer:
    """A server that runs: its port, and the id of its process."""

    port: int
    pid: int

    def request(self, method: str, path: str, value: Any = None, headers: Mapping[str, str] | None = None) -> Request:
        """A request of a client, who may do what the classes allow everybody."""
        return Request(method, f"/parse/{path}", value, {"x-parse-application-id": APP_ID, **(headers or {})})


def why_not() -> str:
    """Why it cannot be measured here, or nothing."""
    if postgres.folder_of_programs() is None:
        return "PostgreSQL is not installed; on Debian: apt-get install postgresql"
    return install(HERE)


@contextmanager
def serving() -> Iterator[ParseServer]:
    """A server as its own command starts it, with one process, on an empty database with the two classes."""
    with tempfile.TemporaryDirectory() as name, postgres.serving() as database:
        port, master_key = free_port(), secrets.token_hex()
        configuration = {
            "appId": APP_ID,
            "masterKey": master_key,
            "databaseURI": database,
            "cloud": str(HERE / "cloud.js"),
            "logsFolder": str(Path(name) / "logs"),
            "host": "127.0.0.1",
            "port": port,
            "serverURL": f"http://127.0.0.1:{port}/parse",
        }
        (Path(name) / "configuration.json").write_text(json.dumps(configuration))
        command = ["node", str(HERE / "node_modules/parse-server/bin/parse-server"), f"{name}/configuration.json"]
        with started(command, port, cwd=Path(name), env={**os.environ, "NODE_ENV": "production"}) as pid:
            server = ParseServer(port, pid)
            for class_name in CLASSES:
                schema = {
                    "className": class_name,
                    "fields": {field: {"type": type_name} for field, type_name in FIELDS.items()},
                    "classLevelPermissions": EVERYBODY,
                    "indexes": {"shelf": {"Shelf": 1}},
                }
                answered(
                    port, server.request("POST", f"schemas/{class_name}", schema, {"x-parse-master-key": master_key})
                )
            yield server
