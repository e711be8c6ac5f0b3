"""Where `make fuzz` keeps things."""

import os

from tests.conftest import ROOT

CORPUS = ROOT / "tests" / "fuzz" / "corpus"
"""Inputs that belong to the project: seeds and findings."""

WORK = ROOT / "build" / "fuzz"
"""Inputs that reached something new, from one run to the next; nothing is lost with them but time."""

MEMORY = "/dev/shm"


def in_memory() -> str | None:
    """A folder that no disk has to be waited for, where the system has one: stores write for good, and wait for it."""
    return MEMORY if os.access(MEMORY, os.W_OK | os.X_OK) else None
