"""Makes the index of a unique field, one document at a time, until it is killed. Argument: the database file."""

import sys
from pathlib import Path

from runtime.store.documents import Collection
from runtime.store.sqlite import preparation
from runtime.store.sqlite.database import SqliteDatabase
from runtime.store.sqlite.documents import SqliteDocuments

preparation.SLICE_SECONDS = 0
SqliteDocuments(SqliteDatabase(Path(sys.argv[1]))).prepare(Collection("shop", "Book", unique=("Rank",)))
