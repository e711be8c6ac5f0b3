"""Every event of `events/` in a container of its own, by `sam local invoke`, as docs/deploy.md shows it."""

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.container.sam_local import Invocation, SamLocal
from tests.container.stack import Stack
from tests.functions.events import FUNCTIONS, SCENARIOS, check

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

AT_ONCE = 3


def content(folder: Path) -> dict[str, tuple[int, int]]:
    """Size and time of every file."""
    files = [(path, path.lstat()) for path in folder.rglob("*")]
    return {str(path.relative_to(folder)): (found.st_size, found.st_mtime_ns) for path, found in files}


@pytest.fixture(scope="module")
def content_before(stack: Stack) -> dict[str, dict[str, tuple[int, int]]]:
    return {name: content(folder) for name, folder in stack.functions.items()}


@pytest.fixture(scope="module")
def invocations(sam_local: SamLocal, stack: Stack, content_before: object) -> Iterator[dict[str, Future[Invocation]]]:
    """All events are under way."""
    with ThreadPoolExecutor(AT_ONCE) as executor:
        yield {
            name: executor.submit(sam_local.invoke, stack, FUNCTIONS[module], ROOT / "events" / f"{name}.json")
            for name, module, *_ in SCENARIOS
        }


@pytest.mark.parametrize(("name", "status", "code", "part"), [(name, *row) for name, _, *row in SCENARIOS])
def test_events(
    invocations: dict[str, Future[Invocation]], name: str, status: int, code: int | None, part: str
) -> None:
    check(invocations[name].result().answer, status, code, part)


def test_the_code_is_as_it_was(
    invocations: dict[str, Future[Invocation]], stack: Stack, content_before: dict[str, dict[str, tuple[int, int]]]
) -> None:
    for invocation in invocations.values():
        invocation.result()
    for name, folder in stack.functions.items():
        assert content(folder) == content_before[name], name


# Beside these there are layers that only root can have, or that the kernel of Lambda does not.
LAYERS = {"limits", "privileges", "no_new_privileges", "hidden", "seccomp"}


def test_runners_are_locked_without_the_rights_of_root(invocations: dict[str, Future[Invocation]]) -> None:
    (told,) = [entry["lockdown"] for entry in invocations["hello"].result().log if "lockdown" in entry]
    assert {name for name, active in told.items() if active} >= LAYERS
