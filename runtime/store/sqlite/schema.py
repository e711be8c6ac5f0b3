"""The tables, and how a file of an earlier version becomes one of this version."""

import sqlite3

APPLICATION_ID = 0x52454C56
"""Marks the file as ours ("RELV"), so that no other program's database is written to."""

# An ordinary rowid table: its primary key is a small index of its own, so that `trim` stays cheap however large the
# values are.
RECORDS = """
CREATE TABLE records (
  partition TEXT NOT NULL, key TEXT NOT NULL, value TEXT NOT NULL, version INTEGER NOT NULL, expires_at REAL,
  PRIMARY KEY (partition, key)
);
CREATE INDEX records_by_expiry ON records (expires_at) WHERE expires_at IS NOT NULL;
"""

# Of a collection, `indexes` describes the entries that each of its documents has (JSON, see indexes.py), and `size` is
# how many documents there are. A new document gets the next number, so that numbers are in the order of insertion. An
# entry says that a value in a field has this key; who deletes it makes the key again, so that another way to make keys
# is another version of the schema.
DOCUMENTS = """
CREATE TABLE collections (
  number INTEGER PRIMARY KEY, app TEXT NOT NULL, type TEXT NOT NULL, indexes TEXT NOT NULL,
  size INTEGER NOT NULL DEFAULT 0, UNIQUE (app, type)
);
CREATE TABLE documents (
  number INTEGER PRIMARY KEY, collection INTEGER NOT NULL, id TEXT NOT NULL, version INTEGER NOT NULL,
  body TEXT NOT NULL, UNIQUE (collection, id)
);
CREATE INDEX documents_by_collection ON documents (collection);
CREATE TABLE entries (
  collection INTEGER NOT NULL, field INTEGER NOT NULL, key BLOB NOT NULL, document INTEGER NOT NULL,
  PRIMARY KEY (collection, field, key, document)
) WITHOUT ROWID;
CREATE TABLE unique_values (
  collection INTEGER NOT NULL, field INTEGER NOT NULL, key BLOB NOT NULL, document INTEGER NOT NULL,
  PRIMARY KEY (collection, field, key)
) WITHOUT ROWID;
"""

# SQLite makes nothing of `shards`. It is kept for a copy into an engine that does.
SHARDS = "ALTER TABLE collections ADD COLUMN shards INTEGER NOT NULL DEFAULT 1"

# Each takes a file to the next version; a new file is of version 0.
STEPS = (RECORDS, DOCUMENTS, SHARDS)
SCHEMA_VERSION = len(STEPS)


def version_of(connection: sqlite3.Connection) -> int:
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    return int(version)


def bring_up_to_date(connection: sqlite3.Connection) -> None:
    """Take the steps that are missing, all or none. Two processes may do so together."""
    connection.execute("BEGIN IMMEDIATE")
    for step in STEPS[version_of(connection) :]:
        for statement in step.split(";"):
            connection.execute(statement)
    connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
    connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
    connection.execute("COMMIT")
