"""Writes documents from several threads until it is killed, and says in a log what it is about to write and what it wrote.

Arguments: the database file, a folder for the logs, a name for this process, a seed, the fields to index.
"""

import json
import os
import random
import sys
import threading
from dataclasses import replace
from pathlib import Path
from typing import Any

from runtime.deadline import Deadline
from runtime.query.filter import Filter
from runtime.store.documents import Collection, Document, DuplicateValueError, Query
from runtime.store.sqlite.database import SqliteDatabase
from runtime.store.sqlite.documents import SqliteDocuments

THREADS = 3


class Thread:
    """Has documents of its own, whose ids begin with its name; but the values of a unique field are shared by all."""

    def __init__(self, documents: SqliteDocuments, collection: Collection, folder: Path, name: str, seed: int) -> None:
        self.documents, self.collection, self.name = documents, collection, name
        self.random = random.Random(seed)
        self.log = os.open(folder / f"{name}.log", os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        self.fresh = seed * 1_000_000

    def run(self) -> None:
        while True:
            mine = self.mine()
            kind = self.random.choice(["insert", "insert", "replace", "delete"])
            if kind == "insert" and len(mine) < 40:
                self.insert()
            elif kind == "replace" and mine:
                self.replace(self.random.sample(mine, min(len(mine), self.random.randint(1, 4))))
            elif mine:
                self.delete(self.random.sample(mine, min(len(mine), self.random.randint(1, 3))))

    def mine(self) -> list[Document]:
        found = self.documents.find(self.collection, Query(Filter.parse({"owner": self.name})), Deadline.after(60))
        return list(found)

    def insert(self) -> None:
        values = [self.value(self.number()) for _ in range(self.random.randint(1, 5))]
        self.say("begin", {value["Id"]: value for value in values})
        try:
            self.documents.insert(self.collection, values)
        except DuplicateValueError:
            self.say("refused", {})
        else:
            self.say("done", {})

    def replace(self, chosen: list[Document]) -> None:
        # No value here is another document's, so that all can be written.
        changed = [replace(document, value={**self.value(document.id), "code": self.number()}) for document in chosen]
        self.say("begin", {document.id: document.value for document in changed})
        self.documents.replace(self.collection, changed)
        self.say("done", {})

    def delete(self, chosen: list[Document]) -> None:
        self.say("begin", {document.id: None for document in chosen})
        self.documents.delete(self.collection, chosen)
        self.say("done", {})

    def number(self) -> str:
        self.fresh += 1
        return f"{self.name}-{self.fresh}"

    def value(self, id: str) -> dict[str, Any]:
        return {
            "Id": id,
            "owner": self.name,
            "code": self.random.choice([None, self.random.randint(0, 60), self.number()]),
            "group": self.random.randint(0, 2),
            "tags": [self.random.choice("abc") for _ in range(self.random.randint(0, 3))],
            "text": self.random.choice("xyz") * self.random.choice([5, 50, 2000, 20_000]),
        }

    def say(self, what: str, values: dict[str, Any]) -> None:
        os.write(self.log, json.dumps([what, values]).encode() + b"\n")


def main() -> None:
    path, folder, name, seed, *indexed = sys.argv[1:]
    documents = SqliteDocuments(SqliteDatabase(Path(path)))
    collection = Collection("app", "Type", unique=("code",), indexed=("owner", *indexed))
    threads = [
        Thread(documents, collection, Path(folder), f"{name}{n}", int(seed) * THREADS + n) for n in range(THREADS)
    ]
    for thread in threads:
        threading.Thread(target=thread.run, daemon=True).start()
    print("ready", flush=True)
    sys.stdin.read()


main()
