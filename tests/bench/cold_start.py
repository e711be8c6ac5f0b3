"""Cold starts in Lambda, under the emulator that the SAM CLI ships, against a handler with nothing but Powertools.

Each is a process of its own, in which `cold/timed.py` takes the times. Each has a package of its own, with compiled code.
The peer takes boto3 from Lambda, as most do; that is compiled, too, which is the best that it can be. What takes the
place of a cold start after a snapshot, `snapshot.py` times beside it.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.bench.measuring import Measured
from tests.bench.snapshot import Snapshot, snapshot
from tests.conftest import MASTER_KEY
from tests.functions.emulator import Emulator, emulator, emulator_programs
from tests.functions.events import API, FUNCTIONS
from tests.functions.package import (
    LAMBDA_PYTHON,
    emulator_packages,
    environment_in_package,
    python_of_lambda,
    sam_build,
)
from tests.store.stand_ins.stand_in import StandIn, environment

PEER = "powertools_only"
PEER_NAME = "Powertools and boto3"
HANDLERS = Path(__file__).with_name("cold")

IMPORT, FUNCTION, DATA = "import", "first function call", "first data call"
TO_FUNCTION, TO_BOTH = "cold start and a function call", "cold start, a function call and a data call"
STAGES = (IMPORT, FUNCTION, DATA, TO_FUNCTION, TO_BOTH)
AIMED_AT = (TO_FUNCTION, TO_BOTH)
RESTORE, RESTORE_TO_FUNCTION = "restore after a snapshot", "restore and a function call"
WARM = "a warm function call"

APP = {
    "relive.yaml": "app: {id: bench, title: Bench}\nfunctions: {hello: {}}\n"
    "types: {Book: {policy: public, fields: {Title: {type: text}}}}\n",
    "functions/hello.py": "def on_request(request, response):\n    return {'hello': 'world'}\n",
}

NOT_OF_THE_PEER = ("runtime", "functions", "app", "guests", "botocore", "urllib3", "dateutil", "six.py")


@dataclass(frozen=True)
class ColdStarts:
    """Seconds of each stage in each round, of Relive and of its peer; seconds of a warm call of Relive's hello.

    `restore` and `restore_to_function` are seconds of Relive after a snapshot, in the same rounds. `store` is where
    Relive has its items.
    """

    store: str
    stages: dict[str, tuple[Measured, Measured]]
    restore: Measured
    restore_to_function: Measured
    warm: Measured


def why_not() -> str:
    """What is missing for this here, in a few words; empty if nothing is."""
    if sys.platform != "linux":
        return "the package for Lambda is built on Linux"
    if not emulator_programs():
        return "the emulator comes with the SAM CLI, which make package installs"
    if python_of_lambda()[1] != LAMBDA_PYTHON:
        return f"there is no Python {LAMBDA_PYTHON}"
    return ""


def measure(*, rounds: int = 9, warm_calls: int = 30) -> ColdStarts:
    """Each round has one cold start of each of the two, and one restore."""
    with tempfile.TemporaryDirectory() as name, StandIn("ministack") as aws:
        functions = _Functions(Path(name), aws)
        for module in (API, PEER):
            functions.start_cold(module)  # the first time, files come from the disk
        with functions.snapshot() as prepared:
            functions.restore(prepared)
            noted = [
                (functions.start_cold(API), functions.start_cold(PEER), functions.restore(prepared))
                for _ in range(rounds)
            ]
        mine, its, copies = (
            {stage: Measured(tuple(seconds[stage] for seconds in each)) for stage in each[0]}
            for each in zip(*noted, strict=True)
        )
        return ColdStarts(
            functions.store,
            {stage: (mine[stage], its[stage]) for stage in STAGES},
            copies[RESTORE],
            copies[RESTORE_TO_FUNCTION],
            functions.call_warm(warm_calls),
        )


class _Functions:
    """Both packages, and an item in both tables."""

    def __init__(self, folder: Path, aws: StandIn) -> None:
        self._log = folder / "log"
        handlers, image = (
            _copied(HANDLERS, folder / "handlers"),
            _copied(emulator_packages(LAMBDA_PYTHON), folder / "image"),
        )
        built = sam_build(folder, quiet=True) / FUNCTIONS[API]
        peer = folder / "peer"
        shutil.copytree(built, peer, copy_function=os.link, ignore=shutil.ignore_patterns(*NOT_OF_THE_PEER))
        self._packages = {API: built, PEER: peer}
        for path, text in APP.items():
            (folder / "app" / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / "app" / path).write_text(text)
        table, peers_table = aws.create_table(), aws.create_table()
        self._variables = {
            **environment_in_package(built, folder / "data"),
            **environment(aws.url),
            "RELIVE_APP": str(folder / "app"),
            "RELIVE_TABLE": table,
            # As in template.yaml.
            "RELIVE_PREPARE": "false",
            "RELIVE_KEEP_LOGS": "never",
            "RELIVE_CACHE_SECONDS": "5",
            "RELIVE_BUDGET_SECONDS": "60",
            "TABLE": peers_table,
        }
        self._path = [str(handlers), str(image)]
        client: Any = aws.client()
        item = {"pk": {"S": "item"}, "sk": {"B": b"1"}, "Title": {"S": "The Salt Road"}}
        client.put_item(TableName=peers_table, Item=item)
        with self._running(API) as emulator:
            created = _called(emulator, "POST", "/v1/bench/Book", {"Title": "The Salt Road"})["answer"]
        self.store = "DynamoDB" if client.scan(TableName=table)["Count"] else "SQLite"
        self._paths = {
            API: ("/v1/bench/Functions/hello", f"/v1/bench/Book/{json.loads(created['body'])['Result']['Id']}"),
            PEER: ("/hello", "/item"),
        }

    def start_cold(self, module: str) -> dict[str, float]:
        """Seconds of each stage."""
        function, data = self._paths[module]
        with self._running(module) as emulator:
            first, second = (_called(emulator, "GET", path) for path in (function, data))
        seconds = {IMPORT: first["import"], FUNCTION: first["call"], DATA: second["call"]}
        to_function = seconds[IMPORT] + seconds[FUNCTION]
        return {**seconds, TO_FUNCTION: to_function, TO_BOTH: to_function + seconds[DATA]}

    def restore(self, prepared: Snapshot) -> dict[str, float]:
        """Seconds of what one more copy does."""
        function, _ = self._paths[API]
        told = _successful(prepared.restore(_event("GET", function)))
        return {RESTORE: told["restore"], RESTORE_TO_FUNCTION: told["restore"] + told["call"]}

    def call_warm(self, calls: int) -> Measured:
        function, _ = self._paths[API]
        with self._running(API) as emulator:
            for _ in range(5):
                _called(emulator, "GET", function)
            return Measured(tuple(_called(emulator, "GET", function)["call"] for _ in range(calls)))

    def snapshot(self) -> AbstractContextManager[Snapshot]:
        return snapshot(self._variables_of(API), self._log.with_name("log of copies"))

    @contextmanager
    def _running(self, module: str) -> Iterator[Emulator]:
        variables = {**self._variables_of(module), "TIMED_MODULE": module}
        with emulator("timed", variables, self._packages[module], self._log) as running:
            yield running

    def _variables_of(self, module: str) -> dict[str, str]:
        package = str(self._packages[module])
        return {**self._variables, "PYTHONPATH": ":".join([package, *self._path]), "LAMBDA_TASK_ROOT": package}


def _copied(source: Path, target: Path) -> Path:
    """A copy of the folder, with its modules compiled for Lambda's Python."""
    shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
    python, _ = python_of_lambda()
    compiling = [python, "-m", "compileall", "-q", "--invalidation-mode", "unchecked-hash", str(target)]
    subprocess.run(compiling, check=True, timeout=120)
    return target


def _called(emulator: Emulator, method: str, path: str, body: Any = None) -> Any:
    """What the handler answered, and how long it took."""
    return _successful(emulator.invoke(_event(method, path, body)))


def _successful(told: Any) -> Any:
    if told.get("answer", {}).get("statusCode") not in (200, 201):
        raise RuntimeError(f"A call was answered by {told}")
    return told


def _event(method: str, path: str, body: Any = None) -> dict[str, Any]:
    return {
        "version": "2.0",
        "rawPath": path,
        "rawQueryString": "",
        "headers": {"content-type": "application/json", "authorization": f"MasterKey {MASTER_KEY}"},
        "requestContext": {
            "http": {"method": method, "path": path, "sourceIp": "192.0.2.1"},
            "domainName": "bench",
            "stage": "$default",
        },
        "isBase64Encoded": False,
        **({} if body is None else {"body": json.dumps(body)}),
    }
