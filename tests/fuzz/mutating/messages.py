"""Changes to a stream of messages as they go through the pipes between server and runner."""

from collections.abc import Sequence
from random import Random

from runtime.sandbox.wire import HEADER, Kind
from tests.fuzz.mutating.raw import mutate_bytes
from tests.fuzz.mutating.text import text_mutator
from tests.fuzz.target import Mutate

Part = tuple[int, int, int, bytes]
"""Announced length, kind, number, and the text that really follows."""

LENGTHS = (0, 1, 255, 2**16, 2**24 - 1, 2**24, 2**24 + 1, 2**26, 2**26 + 1, 2**31, 2**32 - 1)
NUMBERS = (0, 1, 2, 3, 60, 255, 2**31, 2**32 - 1)


def message_mutator(tokens: Sequence[str] = ()) -> Mutate:
    """Drops, doubles, swaps and forges messages, changes their texts, and lies about their lengths."""
    mutate_text = text_mutator(tokens)

    def mutate(data: bytes, random: Random) -> bytes:
        parts, rest = split(data)
        if not parts or random.random() < 0.1:
            return mutate_bytes(data, random, tokens)
        _change(parts, random, mutate_text)
        return b"".join(HEADER.pack(length, kind, number) + text for length, kind, number, text in parts) + rest

    return mutate


def split(data: bytes) -> tuple[list[Part], bytes]:
    """The messages in a stream, whatever their kinds, and what is left behind the last whole one."""
    parts: list[Part] = []
    while len(data) >= HEADER.size:
        length, kind, number = HEADER.unpack_from(data)
        if length > len(data) - HEADER.size:
            break
        parts.append((length, kind, number, data[HEADER.size : HEADER.size + length]))
        data = data[HEADER.size + length :]
    return parts, data


def _change(parts: list[Part], random: Random, mutate_text: Mutate) -> None:
    at, other = random.randrange(len(parts)), random.randrange(len(parts))
    length, kind, number, text = parts[at]
    match random.randrange(10):
        case 0:
            del parts[at]
        case 1:
            parts.insert(other, parts[at])
        case 2:
            parts[at], parts[other] = parts[other], parts[at]
        case 3:
            parts[at] = (length, random.choice((*Kind, random.randrange(256))), number, text)
        case 4:
            parts[at] = (length, kind, random.choice(NUMBERS), text)
        case 5:
            parts[at] = (random.choice((*LENGTHS, length + 1, max(0, length - 1))), kind, number, text)
        case 6:
            parts[at] = (length, kind, number, text[: random.randint(0, len(text))])
        case 7:
            parts.insert(at, (0, random.choice(list(Kind)), random.choice(NUMBERS), b""))
        case _:
            changed = mutate_text(text, random)
            parts[at] = (len(changed), kind, number, changed)
