"""Changed pages as the kernel of this machine tells of them, and without its help."""

import sys

import pytest

from runtime.sandbox.memory.changed_pages import ChangedPages, open_changed_pages, open_proc


@pytest.fixture(params=["known", "unknown"])
def changed(request: pytest.FixtureRequest) -> ChangedPages | None:
    """Both ways to put a memory in order."""
    if request.param == "unknown":
        return None
    found = open_changed_pages(open_proc())
    assert found or sys.platform != "linux"
    return found
