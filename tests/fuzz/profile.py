"""How many examples the property tests of this folder try."""

import os

from hypothesis import HealthCheck, settings

PROFILE = "fuzz"
"""Of hypothesis, for `make fuzz`."""

KEEP = "RELIVE_TESTS_KEEP_FINDINGS"
"""The environment variable which says that an example that breaks a promise is to be kept in the corpus."""

TIMES = 10
"""As many examples as in the ordinary suite, in `make fuzz`; which does it again and again."""

EXAMPLES = 1000
"""Of tests that do not say how many they try."""


def register() -> None:
    settings.register_profile(PROFILE, max_examples=EXAMPLES, deadline=None, print_blob=True)


def as_many_as(ordinary: int, *, steps: int = 50) -> settings:
    """So many examples in the ordinary suite, and TIMES as many in `make fuzz`; with so many steps, where it has any."""
    fuzzing = settings.get_current_profile_name() == PROFILE
    return settings(
        max_examples=ordinary * TIMES if fuzzing else ordinary,
        stateful_step_count=steps,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )


def keeps_findings() -> bool:
    return os.environ.get(KEEP) == "1"
