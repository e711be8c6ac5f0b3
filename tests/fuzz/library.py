"""The application that requests are fed to: the two small apps of the tests of HTTP, with five books in one of them."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from runtime.application import Application
from runtime.apps.folder import load
from runtime.http.request import read_event
from runtime.settings import Settings
from tests.conftest import ROOT
from tests.function_url import Answer, make_event, read_answer
from tests.http.calling import MASTER_KEY
from tests.http.shelf import SECRET, fill

BUDGET_SECONDS = 10

APPS = ("app", "library")

Answering = Callable[[Mapping[str, Any]], Mapping[str, Any]]


class Library:
    """Answers requests; the books are on the shelf again after each of them that may have moved some."""

    def __init__(self, application: Application) -> None:
        self.application = application
        self.tidy()

    def handle(self, event: Mapping[str, Any]) -> Mapping[str, Any]:
        return self.application.handle(dict(event), "request-1")

    def tidy(self) -> None:
        fill(self._call)

    def _call(
        self, method: str, path: str, headers: Mapping[str, str] | None = None, body: str | bytes | None = None
    ) -> Answer:
        return read_answer(self.handle(make_event(method, path, headers, body)))


def is_for_function(event: Mapping[str, Any]) -> bool:
    """Whether a function may answer the request, however its path is spelt."""
    return "/functions/" in read_event(event, "request-1").path.lower()


@contextmanager
def library(folder: Path) -> Iterator[Library]:
    """With its data in a folder, and closed on leaving."""
    settings = Settings(
        data=folder,
        guests=ROOT / "build" / "guests",
        secrets={"library": {"KEY": SECRET}},
        budget_seconds=BUDGET_SECONDS,
        public_url="",
    )
    with closing(Application(settings, MASTER_KEY)) as application:
        for name in APPS:
            application.apply(load(ROOT / "tests" / "http" / name))
        yield Library(application)
