"""In place of the fuzzer, where there is none for the machine: the same mutations, without knowing what they reach."""

import time
from collections.abc import Sequence
from pathlib import Path
from random import Random

from tests.fuzz.target import Attempt, Target

MOST_ROUNDS = 4


def run(target: Target, attempt: Attempt, seconds: float, corpus: Sequence[Path]) -> None:
    """Feed it for so long with what becomes of the corpus."""
    random, end = Random(), time.monotonic() + seconds
    inputs = [path.read_bytes() for folder in corpus for path in sorted(folder.iterdir())] or [b""]
    for data in inputs:
        attempt(data)
    while time.monotonic() < end:
        data = random.choice(inputs)
        for _ in range(random.randint(1, MOST_ROUNDS)):
            data = target.mutate(data, random)[: target.longest]
        attempt(data)
