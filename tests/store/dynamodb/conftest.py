"""What tests of the store in DynamoDB share: stand-ins, and a proxy in front of each."""

from collections.abc import Iterator

import pytest

from tests.store.stand_ins.faulty import Fault, FaultyProxy
from tests.store.stand_ins.stand_in import STAND_INS, StandIn, stand_in

PATIENT_SECONDS = 0.6
"""How long an answer is waited for in these tests, so that those that come too late do not take long."""


@pytest.fixture(scope="session", params=STAND_INS)
def aws(request: pytest.FixtureRequest) -> StandIn:
    return stand_in(request.param)


@pytest.fixture(scope="session")
def proxy(aws: StandIn) -> Iterator[FaultyProxy]:
    with FaultyProxy(aws.url, too_slow_seconds=PATIENT_SECONDS + 0.2) as proxy:
        yield proxy


@pytest.fixture(autouse=True)
def _short_waits(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Only where answers come too late: a machine that is busy is slow, too."""
    if "fault" in request.fixturenames and request.getfixturevalue("fault") is Fault.TOO_SLOW:
        monkeypatch.setattr("runtime.store.dynamodb.client.ANSWER_SECONDS", PATIENT_SECONDS)
