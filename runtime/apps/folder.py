"""Reads an app from a folder: `relive.yaml` and the code beside it.

The code is `types/NAME.py` (handlers of a content type), `functions/NAME.py` (a cloud function) and `shared/NAME.py`
(importable from both). Whether the code compiles is not known here: it runs on the Python of the sandbox.
"""

import keyword
import os
from collections.abc import Iterator, Mapping
from pathlib import Path

from pydantic import ValidationError

from runtime.apps import yaml_lines
from runtime.apps.app import App
from runtime.apps.definition import AppDefinition
from runtime.apps.explanation import Location, explain, key_of
from runtime.apps.problem import AppFolderError, Problem
from runtime.apps.source_file import read_source

__all__ = ["CODE_FOLDERS", "DEFINITION_FILE", "AppFolderError", "Problem", "is_ignored", "load"]

DEFINITION_FILE = "relive.yaml"
CODE_FOLDERS = ("types", "functions", "shared")
OTHER_LANGUAGES = (".js", ".mjs", ".cjs", ".ts")


def load(folder: Path) -> App:
    """The app in a folder. Raises AppFolderError with every problem that the folder has."""
    if not os.path.isdir(folder):
        what = "is not a folder" if os.path.exists(folder) else "there is no such folder"
        raise AppFolderError([Problem(str(folder), None, None, what)])
    reading = _Reading(folder.resolve())
    app = reading.app()
    if app is None or reading.problems:
        raise AppFolderError(sorted(reading.problems, key=_order))
    return app


def _order(problem: Problem) -> tuple[bool, str, int]:
    return problem.file != DEFINITION_FILE, problem.file, problem.line or 0


def is_ignored(name: str) -> bool:
    """Whether a file or folder of that name is no part of an app: hidden ones, and what Python leaves behind."""
    return name.startswith(".") or name == "__pycache__"


class _Reading:
    """One pass over a folder, noting all problems on the way."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._lines: Mapping[str, Mapping[str, int]] | None = None  # of the entries under types and functions, by name
        self.problems: list[Problem] = []

    def app(self) -> App | None:
        for name in self._names(""):
            if name.lower() in CODE_FOLDERS and name not in CODE_FOLDERS:
                self._note(name, f"must be spelt {name.lower()}")
        definition = self._definition()
        code = {path: source for name in CODE_FOLDERS for path, source in self._code(name)}
        return App(definition, code) if definition else None

    def _note(self, file: str, message: str, line: int | None = None, key: str | None = None) -> None:
        self.problems.append(Problem(file, line, key, message))

    def _source(self, path: str) -> str | None:
        try:
            return read_source(self._root, path)
        except AppFolderError as error:
            self.problems += error.problems
            return None

    # relive.yaml

    def _definition(self) -> AppDefinition | None:
        if DEFINITION_FILE not in self._names(""):
            others = [name for name in self._names("") if name.lower() in (DEFINITION_FILE, "relive.yml")]
            self._note(DEFINITION_FILE, f"is missing; rename {others[0]} to it" if others else "is missing")
            return None
        text = self._source(DEFINITION_FILE)
        if text is None:
            return None
        try:
            document = yaml_lines.read(text)
        except yaml_lines.YamlError as error:
            self._note(DEFINITION_FILE, str(error), error.line)
            return None
        return self._validated(document)

    def _validated(self, document: yaml_lines.Document) -> AppDefinition | None:
        self._lines = {section: document.entries((section,)) for section in ("types", "functions")}
        for location, line, message in document.problems:
            self._note(DEFINITION_FILE, message, line, key_of(location))
        for location in document.nothing_behind:
            if advice := _left_empty(location):
                self._note(DEFINITION_FILE, advice, document.line_of(location), key_of(location))
        try:
            return AppDefinition.model_validate(document.value)
        except ValidationError as error:
            for location, sentence in explain(error):
                self._note(DEFINITION_FILE, sentence, document.line_of(location), key_of(location))
            return None

    # The code

    def _code(self, folder: str) -> Iterator[tuple[str, str]]:
        found = set()
        for name in self._names(folder):
            path = f"{folder}/{name}"
            stem, suffix = os.path.splitext(name)
            if os.path.isdir(self._root / path):
                self._note(path, f"is a folder; put its files directly into {folder}/")
            elif suffix in OTHER_LANGUAGES:
                found.add(stem)
                self._note(path, "JavaScript is not available yet in this version; write it in Python")
            elif suffix == ".py":
                found.add(stem)
                source = self._source(path)
                if source is not None and self._belongs(folder, stem, source):
                    yield path, source
        if folder == "functions":
            self._check_all_there(found)

    def _names(self, folder: str) -> list[str]:
        """What is in a folder, spelt as it is there, also where the file system does not care about case."""
        try:
            if folder and folder not in os.listdir(self._root):
                return []
            names = os.listdir(self._root / folder)
        except OSError as error:
            self._note(folder or ".", f"cannot be read: {error.strerror}")
            return []
        return sorted(name for name in names if not is_ignored(name))

    def _belongs(self, folder: str, stem: str, source: str) -> bool:
        """Whether a code file is part of the app; notes why if it should not be there."""
        path = f"{folder}/{stem}.py"
        if stem == "__init__":
            if source.strip():
                self._note(path, "would never run; move the code to a file with a name")
            return False
        if folder == "shared":
            if not stem.isidentifier() or keyword.iskeyword(stem):
                self._note(path, "cannot be imported by this name; use letters, digits and _")
            return True
        if self._lines is not None and stem not in self._lines[folder]:
            alike = [name for name in self._lines[folder] if name.lower() == stem.lower()]
            advice = f"rename it to {alike[0]}.py" if alike else f"add `{stem}: {{}}` there, or remove the file"
            self._note(path, f"{DEFINITION_FILE} has no entry {folder}.{stem}; {advice}")
        return True

    def _check_all_there(self, found: set[str]) -> None:
        noted = {problem.key for problem in self.problems}
        spelt_in_any_case = {stem.lower() for stem in found}
        for name, line in (self._lines or {}).get("functions", {}).items():
            key = key_of(("functions", name))
            if name.lower() not in spelt_in_any_case and key not in noted:
                self._note(DEFINITION_FILE, f"its code is missing: there is no file functions/{name}.py", line, key)


def _left_empty(location: Location) -> str | None:
    """What to say of nothing behind a key, where it would silently mean something else than what was to be written."""
    match location:
        case ("http", "allow") | ("functions", _, "execute") | ("types" | "functions", _, "validate", "who"):
            return "is empty; list what is allowed, write [] for nothing, or leave the key out for everything"
        case ("types" | "functions", _, "validate", "fields" | "query" as group, _, key):
            if key in ("range", "pattern", "one_of", "default") or (key == "type" and group == "fields"):
                return "is empty; give it a value, or leave the key out"
    return None
