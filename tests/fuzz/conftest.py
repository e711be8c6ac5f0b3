"""The profile of `make fuzz`, and the targets, opened when they are first wanted."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.fuzz import profile
from tests.fuzz.kept import Corpus, Findings
from tests.fuzz.places import CORPUS
from tests.fuzz.target import Attempt
from tests.fuzz.targets import TARGETS

profile.register()

Opened = Callable[[str], Attempt]


@pytest.fixture(scope="session")
def opened(guests: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Opened]:
    """Opens a target by its name; all are closed in the end."""
    attempts: dict[str, Attempt] = {}
    with ExitStack() as targets:

        def open_once(name: str) -> Attempt:
            if name not in attempts:
                folder = tmp_path_factory.mktemp(name)
                attempts[name] = targets.enter_context(TARGETS[name].open(folder))
            return attempts[name]

        yield open_once


@pytest.fixture(scope="session")
def keeping(opened: Opened) -> Opened:
    """The same, but in `make fuzz` what breaks a promise is kept in the corpus."""
    findings: dict[str, Findings] = {}

    def open_keeping(name: str) -> Attempt:
        attempt = opened(name)
        if not profile.keeps_findings():
            return attempt
        found = findings.setdefault(name, Findings(name, Corpus(CORPUS).of(name)))

        def attempt_and_keep(data: bytes) -> None:
            try:
                attempt(data)
            except Exception as error:
                found.add(data, error)
                raise

        return attempt_and_keep

    return open_keeping
