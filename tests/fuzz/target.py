"""What is fuzzed: something that takes bytes from outside, and promises something for any of them."""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from random import Random

Attempt = Callable[[bytes], None]
"""Feeds one input. Raises BrokenPromise, or whatever else comes out that must not."""

Mutate = Callable[[bytes, Random], bytes]
"""Another input, made of one that is there. Deterministic for the same state of the generator."""


class BrokenPromise(AssertionError):
    """What was promised for any input did not hold for this one."""


@dataclass(frozen=True)
class Target:
    """`open` makes what is fed, given an empty folder to keep files in, and ends it on leaving.

    `mutate` knows the form of the input and so gets further than changing bytes does; `tokens` are words that have a
    meaning in it. `share` of the time goes to this target, in relation to the others. An input has `longest` bytes at
    most. `runs_guests` tells that instances of the guest run in the process that feeds: their engine needs the signals
    that a fuzzer would take for crashes.
    """

    name: str
    open: Callable[[Path], AbstractContextManager[Attempt]]
    mutate: Mutate
    tokens: Sequence[str] = ()
    share: int = 1
    longest: int = 8192
    runs_guests: bool = False
