"""Limits of a runner's process (getrlimit(2)). The kernel holds them whatever runs in it."""

import resource
import sys

MEGABYTE = 1024 * 1024
GIGABYTE = 1024 * MEGABYTE

DESCRIPTORS = 64
"""A runner has 8, and 3 more once a guest has slept. The fork server needs a few for each fork."""

ADDRESS_SPACE = 64 * GIGABYTE
"""The engine reserves 4.1 GB of addresses for each instance, without using them: a runner has a few at a time."""

ENGINE_DATA = 1024 * MEGABYTE
INSTANCES_AT_ONCE = 4
"""Memory that can be written: the process and its messages, which are copied a few times, and that of its guests."""

NOTHING = ("CORE", "FSIZE", "MEMLOCK", "MSGQUEUE", "NICE", "RTPRIO")
"""No core dumps, no files, no locked memory, no queues, no better priority. macOS does not have all of them."""

ON_LINUX = ("AS", "DATA")
"""macOS counts them in another way."""


def limit(memory_mb: int) -> str:
    """Set all limits for this process and its forks, for good. `memory_mb` is what one guest may have.

    There is none for processes: it counts those of the user everywhere, and threads too. seccomp lets no runner fork.
    There is none for processor time, which runs on from call to call: the server ends a call that overstays.
    """
    values = dict.fromkeys(NOTHING, 0)
    values["NOFILE"] = DESCRIPTORS
    values["AS"] = ADDRESS_SPACE + INSTANCES_AT_ONCE * memory_mb * MEGABYTE
    values["DATA"] = ENGINE_DATA + INSTANCES_AT_ONCE * memory_mb * MEGABYTE
    for name, value in values.items():
        kind = getattr(resource, f"RLIMIT_{name}", None)
        if kind is not None and (name not in ON_LINUX or sys.platform == "linux"):
            _lower(kind, value)
    return f"{values['DATA'] // MEGABYTE} MB of data, {DESCRIPTORS} descriptors, no files, no core dumps"


def _lower(kind: int, value: int) -> None:
    """A limit that is stricter already stays as it is."""
    _, hard = resource.getrlimit(kind)
    if hard != resource.RLIM_INFINITY:
        value = min(value, hard)
    resource.setrlimit(kind, (value, value))
