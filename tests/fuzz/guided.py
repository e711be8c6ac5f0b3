"""The fuzzer: libFuzzer, by way of atheris, which sees what code of the system an input reaches."""

from collections.abc import Sequence
from pathlib import Path
from random import Random

import atheris

from tests.fuzz.target import Attempt, Target

HANG_SECONDS = 60
"""Targets have patience of their own, and say what they waited for; this is for when they hang themselves."""

MOST_MEMORY_MB = 2048

SIGNALS_OF_THE_ENGINE = ("segv", "bus", "ill", "fpe")
"""By which WebAssembly's traps arrive."""


def run(target: Target, attempt: Attempt, seconds: float, corpus: Sequence[Path], scratch: Path) -> None:
    """Feed it for so long. Ends the process; a hang leaves its input in `scratch` as `timeout-...`."""

    def mutate(data: bytes, most: int, seed: int) -> bytes:
        random = Random(seed)
        if random.random() < 0.5:
            return bytes(atheris.Mutate(data, most))
        return target.mutate(data, random)[:most]

    words = scratch / "words"
    words.write_text("".join(f'"{_escaped(token)}"\n' for token in target.tokens if token))
    options = {
        "max_total_time": max(1, round(seconds)),
        "max_len": target.longest,
        "dict": words,
        "timeout": HANG_SECONDS,
        "rss_limit_mb": MOST_MEMORY_MB,
        "artifact_prefix": f"{scratch}/",
        "keep_seed": 1,  # also those which reach nothing new that it can see, as in a guest
        **({f"handle_{name}": 0 for name in SIGNALS_OF_THE_ENGINE} if target.runs_guests else {}),
    }
    arguments = [target.name, *(f"-{name}={value}" for name, value in options.items()), *map(str, corpus)]
    atheris.Setup(arguments, attempt, custom_mutator=mutate)
    atheris.Fuzz()


def _escaped(token: str) -> str:
    """A word as libFuzzer's dictionaries have it."""
    return "".join(
        chr(byte) if 32 <= byte < 127 and byte not in b'"\\' else f"\\x{byte:02x}"
        for byte in token.encode("utf-8", "replace")
    )
