"""A stand-in as tests use it: its process, its clients, and tables in it."""

import atexit
import functools
import os
import secrets
import subprocess
import sys
from pathlib import Path
from types import TracebackType
from typing import Any
from unittest.mock import patch

from runtime.store.dynamodb.client import LazyClient
from runtime.store.dynamodb.table import Table

STAND_INS = ("ministack", "moto")

ROOT = Path(__file__).parents[3]

KEYS: dict[str, Any] = {
    "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
    "AttributeDefinitions": [
        {"AttributeName": "pk", "AttributeType": "S"},
        {"AttributeName": "sk", "AttributeType": "B"},
    ],
    "BillingMode": "PAY_PER_REQUEST",
}
"""What a table of Relive is; the rest that the template says is no concern of the store."""


class StandIn:
    """`url` is where it answers. It serves one account, with any credentials."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._process = subprocess.Popen(
            [sys.executable, "-m", f"tests.store.stand_ins.serve_{name}"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=ROOT,
            env={**os.environ, **environment(""), "LOG_LEVEL": "ERROR"},
        )
        assert self._process.stdout
        port = self._process.stdout.readline().strip()
        assert port, f"{name} did not start"
        self.url = f"http://127.0.0.1:{port}"
        self.client = client(self.url)

    def create_table(self) -> str:
        """Make a table; its name."""
        name = f"relive-{secrets.token_hex(6)}"
        made: Any = self.client()
        made.create_table(TableName=name, **KEYS)
        return name

    def delete_table(self, name: str) -> None:
        """Delete a table that nobody needs any more: moto looks at all that it has."""
        made: Any = self.client()
        made.delete_table(TableName=name)

    def table(self, **options: Any) -> Table:
        """A new table."""
        return Table(self.client, self.create_table(), **options)

    def close(self) -> None:
        self._process.kill()
        self._process.communicate()

    def __enter__(self) -> "StandIn":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()


def environment(url: str) -> dict[str, str]:
    """What a process needs to use the AWS that answers at `url`."""
    variables = {
        "AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE",
        "AWS_SECRET_ACCESS_KEY": "example",
        "AWS_DEFAULT_REGION": "eu-central-1",
        "AWS_REGION": "",  # none, whatever there is around the tests
        "AWS_EC2_METADATA_DISABLED": "true",
    }
    return variables | ({"AWS_ENDPOINT_URL": url} if url else {})


def client(url: str) -> LazyClient:
    """A client of the AWS that answers at `url`, made as it is made everywhere: from the environment."""
    client = LazyClient()
    with patch.dict(os.environ, environment(url)):
        client()
    return client


@functools.cache
def stand_in(name: str) -> StandIn:
    """The stand-in of this process, started when it is first needed; it ends with the process."""
    started = StandIn(name)
    atexit.register(started.close)
    return started
