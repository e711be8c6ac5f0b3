"""The targets that the property tests feed."""

import pytest

from tests.fuzz.conftest import Opened
from tests.fuzz.target import Attempt


@pytest.fixture(scope="session")
def guest_texts(keeping: Opened) -> Attempt:
    return keeping("guest-texts")
