"""What a function finds around it in its container is what it would find in Lambda."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.container import oci_runtime
from tests.container.sam_local import SamLocal
from tests.container.stack import Stack

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

KILLED = -9


@pytest.fixture(scope="module")
def found(sam_local: SamLocal, stack: Stack, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    event: Path = tmp_path_factory.mktemp("event") / "event.json"
    event.write_text("{}")
    told: dict[str, Any] = sam_local.invoke(stack, "ProbeFunction", event).answer
    assert "errorMessage" not in told, json.dumps(told, indent=2)
    return told


@pytest.mark.parametrize(
    ("finding", "expected"),
    [
        ("user", [oci_runtime.USER["uid"], oci_runtime.USER["gid"]]),
        ("capabilities", "0000000000000000"),
        ("writable", ["/tmp"]),
        ("shared memory", False),
        ("files", oci_runtime.FILES),
        ("reachable", []),
        ("half the memory", 0),
        ("twice the memory", KILLED),
        ("disk in /tmp", oci_runtime.TEMPORARY_MB * 1024 * 1024),
    ],
)
def test_it_finds(found: dict[str, Any], finding: str, expected: Any) -> None:
    assert found[finding] == expected


def test_processes_are_few(found: dict[str, Any]) -> None:
    assert oci_runtime.PROCESSES - 50 < found["processes"] < oci_runtime.PROCESSES
