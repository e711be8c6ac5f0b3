"""Two other implementations of MongoDB's language: `mongomock` in this process, and npm's `mingo` in a node process."""

import copy
import json
import subprocess
import warnings
from pathlib import Path
from typing import Any, Protocol

import mongomock
import mongomock.filtering

from tests.npm import install

MINGO = Path(__file__).parent / "mingo"


class OracleError(Exception):
    """The other implementation refuses, or fails."""


class Oracle(Protocol):
    """What both can do. Raises `OracleError`."""

    def matches(self, query: Any, document: Any) -> bool: ...

    def update(self, update: Any, document: Any) -> Any: ...

    def sort(self, sort: Any, documents: Any) -> Any: ...

    def project(self, fields: Any, document: Any) -> Any: ...


class Mongomock:
    """Its collections want `_id`, which is taken off again."""

    def __init__(self) -> None:
        self._collection = mongomock.MongoClient().db.collection

    def matches(self, query: Any, document: Any) -> bool:
        return bool(
            self._try(lambda: mongomock.filtering.filter_applies(copy.deepcopy(query), copy.deepcopy(document)))
        )

    def update(self, update: Any, document: Any) -> Any:
        self._hold([document])
        self._try(lambda: self._collection.update_one({}, copy.deepcopy(update)))
        return self._try(lambda: self._collection.find_one({}, {"_id": 0}))

    def sort(self, sort: Any, documents: Any) -> Any:
        self._hold(documents)
        return self._try(lambda: list(self._collection.find({}, {"_id": 0}).sort(list(sort.items()))))

    def project(self, fields: Any, document: Any) -> Any:
        self._hold([document])
        return self._try(lambda: self._collection.find_one({}, {**fields, "_id": 0}))

    def _hold(self, documents: Any) -> None:
        self._collection.delete_many({})
        self._collection.insert_many(
            [{**copy.deepcopy(document), "_id": place} for place, document in enumerate(documents)]
        )

    def _try(self, call: Any) -> Any:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                return call()
            except Exception as error:  # whatever it stumbles over
                raise OracleError(repr(error)) from error


class Mingo:
    """A node process that answers one JSON line per JSON line."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            ["node", "oracle.mjs"], cwd=MINGO, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    @staticmethod
    def install() -> str:
        """Install what package-lock.json names, once; answers why that cannot be, or nothing."""
        return install(MINGO)

    def close(self) -> None:
        self._process.communicate(timeout=30)

    def matches(self, query: Any, document: Any) -> bool:
        return bool(self._ask(operation="matches", filter=query, document=document))

    def update(self, update: Any, document: Any) -> Any:
        return self._ask(operation="update", expression=update, document=document)

    def sort(self, sort: Any, documents: Any) -> Any:
        return self._ask(operation="sort", sort=sort, documents=documents)

    def project(self, fields: Any, document: Any) -> Any:
        return self._ask(operation="project", fields=fields, document=document)

    def _ask(self, **question: Any) -> Any:
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(json.dumps(question) + "\n")
        self._process.stdin.flush()
        answer = json.loads(self._process.stdout.readline())
        if "error" in answer:
            raise OracleError(answer["error"])
        return answer.get("value")
