"""What all tests share: the compiled guest, applications on it, and how a skipped test is treated."""

import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

from runtime.application import Application
from runtime.apps.app import App
from runtime.apps.folder import load
from runtime.sandbox.architecture import compiled_guest
from runtime.sandbox.build import build_guest
from runtime.settings import Settings

ROOT = Path(__file__).parents[1]
MASTER_KEY = "a-master-key-for-tests"

# What a shell starts in the background ignores Ctrl-C, and so would all that the tests start and end with it.
signal.signal(signal.SIGINT, signal.default_int_handler)

# On a busy machine the first example of all may take a second to draw.
settings.register_profile("suite", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("quick", settings.get_profile("suite"), max_examples=20)
settings.load_profile("suite")

MakeApplication = Callable[..., Application]
MakeApp = Callable[..., App]


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Iterator[None]:
    """With SKIPS=fail, as in CI, a test that is skipped has failed: there the machine has all that is needed."""
    report: Any = yield
    if report.skipped and os.environ.get("SKIPS") == "fail" and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = f"{item.nodeid} was skipped, which counts as failed here: {report.longrepr}"
    return report


@pytest.fixture(scope="session")
def guests() -> Path:
    """The folder with the compiled guest, which is built first if need be."""
    folder = ROOT / "build" / "guests"
    build_guest(folder, print)
    return folder


@pytest.fixture(scope="session")
def guest(guests: Path) -> Path:
    """The compiled Python guest."""
    return compiled_guest(guests)


@pytest.fixture(scope="session")
def built(guests: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What `sam build` makes of the bookstore, with a folder for each function; Linux only, and it takes a while."""
    from tests.functions.package import sam_build

    return sam_build(tmp_path_factory.mktemp("package"))


@pytest.fixture
def make_app(tmp_path: Path) -> MakeApp:
    """Makes an app from its files: the text of each by its path, `functions/hello.py` for one."""

    def make(files: dict[str, str], definition: str = "", id: str = "app") -> App:
        folder = tmp_path / f"app-{id}"
        names = [Path(path).stem for path in files if path.startswith("functions/")]
        functions = "".join(f"  {name}: {{}}\n" for name in names)
        text = definition or f"functions:\n{functions or '  {}'}"
        for path, source in {**files, "relive.yaml": f"app: {{id: {id}, title: An app}}\n{text}"}.items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_text(source)
        return load(folder)

    return make


@pytest.fixture
def make_application(tmp_path: Path, guests: Path) -> Iterator[MakeApplication]:
    """Makes applications with settings of their own; all are closed after the test."""
    made: list[Application] = []

    def make(*apps: App, **settings: Any) -> Application:
        values = {"data": tmp_path / "data", "guests": guests, **settings}
        application = Application(Settings(**values), MASTER_KEY)
        made.append(application)
        for app in apps:
            application.apps.apply(app)
        return application

    yield make
    for application in made:
        application.close()
