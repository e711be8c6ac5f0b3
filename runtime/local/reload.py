"""Applies an app folder again when it changes, while the server runs."""

import logging
import os
import threading
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import watchfiles

from runtime.apps.app import App
from runtime.apps.folder import CODE_FOLDERS, DEFINITION_FILE, is_ignored, load
from runtime.apps.problem import AppFolderError, Problem
from runtime.apps.service import Apps
from runtime.errors import ReliveError

LOOK_EVERY = 1.0
"""Seconds between looks at the folder when nothing announces a change."""

SETTLE = 0.3
"""Seconds in which a save may become complete: what is broken or empty, and changes still, is looked at again first."""

NAMED_CHANGES = 3

Stamp = tuple[int, int, int]
"""The inode, modification time in nanoseconds and size in bytes of a file."""

ABSENT: Stamp = (0, 0, 0)

State = Mapping[str, Stamp]
"""The stamp of each file, by path: they tell that it changed without reading it."""

logger = logging.getLogger(__name__)


class Reload:
    """Watches an app folder in a thread of its own.

    `check` finds the problems that loading cannot see, such as code that does not compile. `apply` has a version served
    from then on, in place of the one that `apps` has. `report` gets what a person wants to know: one line, or a line
    for each problem if there are several. Whatever happens to the folder, the last good version keeps running.
    """

    def __init__(
        self,
        folder: Path,
        apps: Apps,
        check: Callable[[App], list[Problem]],
        apply: Callable[[App], None],
        report: Callable[[str], None],
    ) -> None:
        self._folder = folder
        self._apps = apps
        self._check = check
        self._apply_version = apply
        self._report = report
        self._current: App | None = None
        self._seen: State | None = None
        self._broken = False
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="reload", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """End the thread and wait until it has ended."""
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._stop.is_set():
            for _ in self._occasions():
                try:
                    self._look()
                except Exception:
                    logger.exception("The app folder could not be reloaded; the last good version keeps running.")

    def _occasions(self) -> Iterator[None]:
        """Moments to look at the folder, for as long as the same directories are there.

        Notifications are for speed alone. They may not come (a network drive, a machine that has run out of watches),
        so time passing is an occasion too.
        """
        yield
        watched = _directories(self._folder)
        try:
            for _ in watchfiles.watch(
                *watched,
                watch_filter=None,
                step=100,
                stop_event=self._stop,
                rust_timeout=int(LOOK_EVERY * 1000),
                yield_on_timeout=True,
                recursive=False,
            ):
                yield
                if _directories(self._folder) != watched:
                    return
        except (OSError, RuntimeError):
            self._stop.wait(LOOK_EVERY)

    def _look(self) -> None:
        state = _state(self._folder)
        if state == self._seen:
            return
        before, self._seen = self._seen, state  # now, so that what fails below does not fail every second
        app, problems = self._load()
        if (problems or _emptied(before or {}, state)) and not self._settled(state):
            self._seen = before
            return
        if app and not problems:
            self._apply(app)
        else:
            self._refuse(problems)

    def _settled(self, state: State) -> bool:
        return not self._stop.wait(SETTLE) and _state(self._folder) == state

    def _load(self) -> tuple[App | None, list[Problem]]:
        try:
            app = load(self._folder)
        except AppFolderError as error:
            return None, error.problems
        if self._current is None:
            self._current = self._running(app.id)
        if self._current and self._current.id != app.id:
            message = f"was {self._current.id} and is now {app.id}; restart the server for that"
            return None, [Problem(DEFINITION_FILE, None, "app.id", message)]
        unchanged = self._current is not None and self._current.version == app.version
        return app, [] if unchanged else self._check(app)

    def _running(self, app_id: str) -> App | None:
        try:
            return self._apps.get(app_id)
        except ReliveError:
            return None

    def _apply(self, app: App) -> None:
        before = self._current
        is_another = before is None or before.version != app.version
        if is_another:
            self._apply_version(app)
        self._current = app
        was_broken, self._broken = self._broken, False
        if is_another:
            self._report(f"Reloaded {app.id}: {_changes(before, app)}.")
        elif was_broken:
            self._report(f"{app.id} is in order again and the same as before.")

    def _refuse(self, problems: list[Problem]) -> None:
        self._broken = True
        intro = f"Not reloaded, {self._current.id if self._current else 'the app'} runs as before:"
        if len(problems) == 1:
            self._report(f"{intro} {problems[0]}")
        else:
            self._report("\n  ".join([intro, *map(str, problems)]))


def _changes(before: App | None, after: App) -> str:
    old: Mapping[str, object] = {DEFINITION_FILE: before.definition, **before.code} if before else {}
    new: Mapping[str, object] = {DEFINITION_FILE: after.definition, **after.code}
    changes = [f"{path} {'changed' if path in old else 'added'}" for path in new if old.get(path) != new[path]]
    changes += [f"{path} removed" for path in old if path not in new]
    named = ", ".join(changes[:NAMED_CHANGES])
    return named if len(changes) <= NAMED_CHANGES else f"{named} and {len(changes) - NAMED_CHANGES} more"


def _state(folder: Path) -> State:
    state = {name: ABSENT for name in _listed(folder) if name.lower() in CODE_FOLDERS}
    files = [DEFINITION_FILE]
    for name in CODE_FOLDERS:
        files += [f"{name}/{file}" for file in _listed(folder / name) if not is_ignored(file)]
    return {**state, **{file: _stamp(folder / file) for file in files}}


def _emptied(before: State, after: State) -> bool:
    """Whether a file is empty that was not: how a save in place begins, and for code it is valid."""
    return any(_is_empty(stamp) and not _is_empty(before.get(path, ABSENT)) for path, stamp in after.items())


def _is_empty(stamp: Stamp) -> bool:
    inode, _, size = stamp
    return inode != 0 and size == 0


def _directories(folder: Path) -> dict[Path, tuple[int, int]]:
    """The directories that matter and are there, each with what tells it from another one at the same path."""
    found = {}
    for path in (folder, *(folder / name for name in CODE_FOLDERS)):
        try:
            status = path.stat()
        except OSError:
            continue
        found[path] = (status.st_dev, status.st_ino)
    return found


def _listed(directory: Path) -> list[str]:
    try:
        return os.listdir(directory)
    except OSError:
        return []


def _stamp(path: Path) -> Stamp:
    try:
        status = path.stat()
    except OSError:
        return ABSENT
    return (status.st_ino, status.st_mtime_ns, status.st_size)
