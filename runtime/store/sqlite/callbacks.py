"""What SQL asks Python for while a query runs."""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from runtime.deadline import Deadline
from runtime.errors import ReliveError
from runtime.query.filter import Filter
from runtime.query.ordered_key import encoded_sort_key
from runtime.query.sort import Sort

CHECK_EVERY = 1000
"""Steps of SQLite's machine between two looks at the clock: far below a millisecond."""


class Callbacks:
    """The SQL functions `matches(body)` and `sort_key(body)` of one connection, for the query that runs on it."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        # Registered once: to do so for each query would have SQLite compile its statements anew.
        connection.create_function("matches", 1, self._matches, deterministic=True)
        connection.create_function("sort_key", 1, self._sort_key, deterministic=True)
        self._filter: Filter
        self._sort: Sort
        self._deadline: Deadline
        self._failure: BaseException | None = None

    @contextmanager
    def during(self, connection: sqlite3.Connection, filter: Filter, sort: Sort, deadline: Deadline) -> Iterator[None]:
        """Answers for this filter and sort. Raises ReliveError 650 once the deadline has passed."""
        self._filter, self._sort, self._deadline, self._failure = filter, sort, deadline, None
        connection.set_progress_handler(self._interrupts, CHECK_EVERY)
        try:
            self._check_deadline()
            yield
        except sqlite3.OperationalError as error:
            # SQLite tells only that something failed, or that it was interrupted.
            if self._failure is not None:
                raise self._failure from error
            raise
        finally:
            self._failure = None
            connection.set_progress_handler(None, 0)

    def _matches(self, body: str) -> bool:
        try:
            self._check_deadline()
            return self._filter.matches(json.loads(body))
        except BaseException as failure:
            self._failure = failure
            raise

    def _sort_key(self, body: str) -> bytes:
        try:
            self._check_deadline()
            return encoded_sort_key(self._sort, json.loads(body))
        except BaseException as failure:
            self._failure = failure
            raise

    def _interrupts(self) -> bool:
        try:
            self._check_deadline()
        except ReliveError as failure:
            self._failure = failure
            return True
        return False

    def _check_deadline(self) -> None:
        if self._deadline.expired:
            raise ReliveError(650)
