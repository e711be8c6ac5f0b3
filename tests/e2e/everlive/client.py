"""The original JavaScript client, in a Node.js process that runs scripts with it."""

import json
import subprocess
from datetime import datetime
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent
# The client uses what Node.js has deprecated since, and does not look after each of its promises.
NODE = ("node", "--no-deprecation", "--unhandled-rejections=warn")

PATIENCE_SECONDS = 30


class EverliveError(Exception):
    """What the client reports: the server's `errorCode` as `code`, or None if the server did not speak."""

    def __init__(self, code: int | None, message: str) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message


class Client:
    """Runs scripts against one app of one server (`host:port`).

    A script is the body of an async function. It finds these names: `Everlive`, the module; `anyone` and `master`, two
    clients without and with the master key; `connect(options)`, which makes another; `query()` and `where()`, which
    begin a query; `ids(answer)`, the ids of the items in an answer. The process runs in `folder`, where the client
    keeps what it stores, and ends with the block.
    """

    def __init__(self, server: str, app: str, master_key: str, folder: Path) -> None:
        self._place = {"server": server, "app": app, "masterKey": master_key}
        self._process = subprocess.Popen(
            [*NODE, str(FOLDER / "driver.mjs")],
            cwd=folder,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def __enter__(self) -> "Client":
        return self

    def __exit__(self, *_: object) -> None:
        try:
            self._process.communicate(timeout=PATIENCE_SECONDS)  # it ends when there is nothing more to read
        finally:
            self._process.kill()
            self._process.wait()

    def run(self, script: str) -> Any:
        """What the script returns; dates as datetime. Raises EverliveError for what it throws."""
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(json.dumps({**self._place, "script": script}) + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        assert line, "The client's process has ended."
        answer = json.loads(line, object_hook=_untagged)
        if "error" in answer:
            raise EverliveError(answer["error"].get("code"), answer["error"]["message"])
        return answer.get("value")


def _untagged(value: dict[str, Any]) -> Any:
    return datetime.fromisoformat(value["$date"]) if value.keys() == {"$date"} else value
