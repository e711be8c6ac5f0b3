"""What is fuzzed, a module for each."""

from collections.abc import Mapping

from tests.fuzz.target import Target
from tests.fuzz.targets import (
    definitions,
    direct_invocations,
    guest_events,
    guest_texts,
    http_events,
    http_requests,
    runner_messages,
    server_messages,
)

MODULES = (
    runner_messages, server_messages, guest_texts, guest_events, http_events, http_requests, direct_invocations, definitions,
)  # fmt: skip

TARGETS: Mapping[str, Target] = {module.TARGET.name: module.TARGET for module in MODULES}
