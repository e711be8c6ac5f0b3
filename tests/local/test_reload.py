"""A real folder, a real watcher: what is said, and which version runs."""

import queue
import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from runtime.apps.app import App
from runtime.apps.folder import Problem, load
from runtime.apps.service import Apps
from runtime.local import reload
from runtime.local.reload import Reload
from tests.apps.app_folders import write_app

DEFINITION = "app: {id: shop, title: Shop}\nfunctions: {top: {}}\n"
PATIENCE = 30
"""Seconds after which a watcher counts as dead."""

QUIET = 1.5
"""Seconds without a report that count as silence; the watcher looks every second."""

pytestmark = pytest.mark.slow


class Watched:
    """An app folder, the apps it is served by, and what the watcher has said."""

    def __init__(self, folder: Path) -> None:
        self.folder = write_app(folder, {"relive.yaml": DEFINITION, "functions/top.py": "A = 1"})
        self.apps = Apps()
        self.apps.apply(load(folder))
        self.checked: list[str] = []
        self._reports: queue.Queue[str] = queue.Queue()
        self.reload = Reload(folder, self.apps, self._check, self.apps.apply, self._reports.put)

    def _check(self, app: App) -> list[Problem]:
        """Stands in for compiling in the sandbox: code that says BROKEN does not compile."""
        self.checked.append(app.version)
        if any("EXPLODE" in source for source in app.code.values()):
            raise RuntimeError("the check itself failed")
        broken = [path for path, source in app.code.items() if "BROKEN" in source]
        return [Problem(path, 1, None, "invalid syntax") for path in broken]

    def write(self, files: dict[str, str]) -> None:
        for path, content in files.items():
            (self.folder / path).parent.mkdir(parents=True, exist_ok=True)
            (self.folder / path).write_text(content)

    def said(self) -> str:
        """The next report."""
        return self._reports.get(timeout=PATIENCE)

    def is_quiet(self) -> bool:
        try:
            self._reports.get(timeout=QUIET)
        except queue.Empty:
            return True
        return False

    def running(self, path: str = "functions/top.py") -> str:
        return self.apps.get("shop").code[path]


@pytest.fixture
def watched(tmp_path: Path) -> Iterator[Watched]:
    watched = Watched(tmp_path / "app")
    watched.reload.start()
    time.sleep(0.3)  # most tests are about notifications: let the watcher begin
    yield watched
    watched.reload.stop()


CHANGES: dict[str, tuple[dict[str, str], str]] = {
    "code": ({"functions/top.py": "A = 2"}, "functions/top.py changed"),
    "code in a folder that is new": ({"shared/prices.py": ""}, "shared/prices.py added"),
    "a title": ({"relive.yaml": DEFINITION.replace("Shop", "New")}, "relive.yaml changed"),
    "many files": (
        {f"shared/a{number}.py": "" for number in range(5)},
        "shared/a0.py added, shared/a1.py added, shared/a2.py added and 2 more",
    ),
}


@pytest.mark.parametrize(("files", "said"), CHANGES.values(), ids=CHANGES.keys())
def test_a_change_is_applied(watched: Watched, files: dict[str, str], said: str) -> None:
    watched.write(files)

    assert watched.said() == f"Reloaded shop: {said}."
    assert watched.apps.get("shop") == load(watched.folder)
    assert watched.is_quiet()


def test_a_removed_file(watched: Watched) -> None:
    watched.write({"shared/prices.py": "A = 1"})
    watched.said()
    (watched.folder / "shared" / "prices.py").unlink()

    assert watched.said() == "Reloaded shop: shared/prices.py removed."


def test_an_editor_that_saves_by_renaming(watched: Watched) -> None:
    for number in (2, 3):
        watched.write({"functions/.top.py.swp": f"A = {number}"})
        (watched.folder / "functions" / ".top.py.swp").replace(watched.folder / "functions" / "top.py")

        assert watched.said() == "Reloaded shop: functions/top.py changed."
        assert watched.running() == f"A = {number}"


def test_a_definition_that_is_away_for_a_moment(watched: Watched) -> None:
    (watched.folder / "relive.yaml").unlink()
    time.sleep(0.15)
    watched.write({"relive.yaml": DEFINITION.replace("Shop", "New")})

    assert watched.said() == "Reloaded shop: relive.yaml changed."


def test_a_save_in_place_that_is_half_way(watched: Watched) -> None:
    for number in range(2, 12):
        with (watched.folder / "functions" / "top.py").open("w") as file:
            time.sleep(0.15)
            file.write(f"A = {number}")

        assert watched.said() == "Reloaded shop: functions/top.py changed."
        assert watched.running() == f"A = {number}"


def test_a_file_that_stays_empty(watched: Watched) -> None:
    watched.write({"functions/top.py": ""})

    assert watched.said() == "Reloaded shop: functions/top.py changed."
    assert watched.running() == ""


SILENT: dict[str, Callable[[Path], object]] = {
    "the same content again": lambda folder: (folder / "functions/top.py").write_text("A = 1"),
    "a comment in the definition": lambda folder: (folder / "relive.yaml").write_text(DEFINITION + "# a note\n"),
    "a readme": lambda folder: (folder / "README.md").write_text("# Shop"),
    "a hidden file": lambda folder: (folder / "functions/.#top.py").write_text("!"),
    "what Python leaves": lambda folder: (folder / "functions/__pycache__").mkdir(),
    "a folder of no interest": lambda folder: (folder / "node_modules").mkdir(),
}


@pytest.mark.parametrize("change", SILENT.values(), ids=SILENT.keys())
def test_nothing_is_said(watched: Watched, change: Callable[[Path], object]) -> None:
    change(watched.folder)

    assert watched.is_quiet()
    assert watched.checked == []


BROKEN: dict[str, tuple[dict[str, str], str]] = {
    "code that does not compile": (
        {"functions/top.py": "BROKEN"},
        "Not reloaded, shop runs as before: functions/top.py:1: invalid syntax",
    ),
    "a wrong definition": (
        {"relive.yaml": DEFINITION + "colour: red\n"},
        "Not reloaded, shop runs as before: "
        "relive.yaml:3: colour: unknown key; known keys are app, types, functions, http",
    ),
    "several problems": (
        {"functions/other.py": "", "functions/more.js": ""},
        "Not reloaded, shop runs as before:\n"
        "  functions/more.js: JavaScript is not available yet in this version; write it in Python\n"
        "  functions/other.py: relive.yaml has no entry functions.other; add `other: {}` there, or remove the file",
    ),
    "another id": (
        {"relive.yaml": DEFINITION.replace("id: shop", "id: store")},
        "Not reloaded, shop runs as before: "
        "relive.yaml: app.id: was shop and is now store; restart the server for that",
    ),
}


@pytest.mark.parametrize(("files", "said"), BROKEN.values(), ids=BROKEN.keys())
def test_the_last_good_version_keeps_running(watched: Watched, files: dict[str, str], said: str) -> None:
    before = watched.apps.get("shop")
    watched.write(files)

    assert watched.said() == said
    assert watched.apps.all() == [before]
    assert watched.is_quiet()


def test_broken_then_mended(watched: Watched) -> None:
    watched.write({"functions/top.py": "BROKEN"})
    watched.said()
    watched.write({"functions/top.py": "BROKEN still"})
    assert watched.said() == "Not reloaded, shop runs as before: functions/top.py:1: invalid syntax"
    watched.write({"functions/top.py": "A = 2"})

    assert watched.said() == "Reloaded shop: functions/top.py changed."
    assert watched.running() == "A = 2"


def test_broken_then_taken_back(watched: Watched) -> None:
    watched.write({"functions/top.py": "BROKEN"})
    watched.said()
    watched.write({"functions/top.py": "A = 1"})

    assert watched.said() == "shop is in order again and the same as before."


def test_the_folder_is_removed_and_comes_back(watched: Watched) -> None:
    shutil.rmtree(watched.folder)
    assert watched.said() == f"Not reloaded, shop runs as before: {watched.folder}: there is no such folder"
    assert watched.running() == "A = 1"

    write_app(watched.folder, {"relive.yaml": DEFINITION, "functions/top.py": "A = 2"})
    assert watched.said() == "Reloaded shop: functions/top.py changed."
    watched.write({"functions/top.py": "A = 3"})
    assert watched.said() == "Reloaded shop: functions/top.py changed."
    assert watched.running() == "A = 3"


def test_another_folder_takes_its_place(watched: Watched) -> None:
    new = write_app(watched.folder.with_name("new"), {"relive.yaml": DEFINITION, "functions/top.py": "A = 2"})
    watched.folder.rename(watched.folder.with_name("old"))
    new.rename(watched.folder)

    assert watched.said() == "Reloaded shop: functions/top.py changed."


def test_a_check_that_fails_does_not_end_the_watching(watched: Watched) -> None:
    watched.write({"functions/top.py": "EXPLODE"})
    time.sleep(2 * QUIET)
    assert watched.running() == "A = 1"
    assert len(watched.checked) == 1
    watched.write({"functions/top.py": "A = 2"})

    assert watched.said() == "Reloaded shop: functions/top.py changed."


def test_a_change_before_the_watching_began(tmp_path: Path) -> None:
    watched = Watched(tmp_path / "app")
    watched.write({"functions/top.py": "A = 2"})
    watched.reload.start()

    assert watched.said() == "Reloaded shop: functions/top.py changed."
    watched.reload.stop()


def test_without_notifications(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_watches(*paths: object, **options: object) -> None:
        raise OSError("no space left on device")

    monkeypatch.setattr("watchfiles.watch", no_watches)
    watched = Watched(tmp_path / "app")
    watched.reload.start()
    time.sleep(0.3)
    watched.write({"functions/top.py": "A = 2"})

    assert watched.said() == "Reloaded shop: functions/top.py changed."
    watched.reload.stop()


def test_a_new_folder_is_watched_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reload, "LOOK_EVERY", 3600)  # so that only notifications can tell
    watched = Watched(tmp_path / "app")
    watched.reload.start()
    time.sleep(0.3)
    (watched.folder / "shared").mkdir()
    time.sleep(1)
    watched.write({"shared/prices.py": ""})

    assert watched.said() == "Reloaded shop: shared/prices.py added."
    watched.reload.stop()


def test_stopping_while_the_folder_is_away(watched: Watched) -> None:
    shutil.rmtree(watched.folder)
    watched.said()
    watched.reload.stop()
    assert not watched.reload._thread.is_alive()
