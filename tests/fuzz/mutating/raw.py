"""Changes to an input of which nothing is known but its bytes."""

from collections.abc import Callable, Sequence
from random import Random

MOST_CHANGES = 4
LONGEST_REPEAT = 512

Change = Callable[[bytearray, Random], None]


def mutate_bytes(data: bytes, random: Random, tokens: Sequence[str] = ()) -> bytes:
    """A few changes: bits, bytes, pieces that are cut out, doubled or moved, and words from `tokens`."""
    changed = bytearray(data)
    for _ in range(random.randint(1, MOST_CHANGES)):
        if tokens and random.random() < 0.3:
            _insert(changed, random.choice(tokens).encode("utf-8", "replace"), random)
        else:
            random.choice(CHANGES)(changed, random)
    return bytes(changed)


def _flip_bit(data: bytearray, random: Random) -> None:
    if data:
        data[random.randrange(len(data))] ^= 1 << random.randrange(8)


def _replace_byte(data: bytearray, random: Random) -> None:
    if data:
        data[random.randrange(len(data))] = random.choice(
            (0, 9, 10, 13, 32, 34, 92, 127, 128, 255, random.randrange(256))
        )


def _insert_bytes(data: bytearray, random: Random) -> None:
    _insert(data, random.randbytes(random.randint(1, 8)), random)


def _cut_out(data: bytearray, random: Random) -> None:
    start, end = _piece(data, random)
    del data[start:end]


def _cut_off(data: bytearray, random: Random) -> None:
    del data[random.randint(0, len(data)) :]


def _double(data: bytearray, random: Random) -> None:
    start, end = _piece(data, random)
    _insert(data, bytes(data[start:end]), random)


def _repeat(data: bytearray, random: Random) -> None:
    start, end = _piece(data, random)
    piece = bytes(data[start : min(end, start + 8)])
    data[start:start] = piece * random.randint(2, LONGEST_REPEAT // 8)


def _move(data: bytearray, random: Random) -> None:
    start, end = _piece(data, random)
    piece = bytes(data[start:end])
    del data[start:end]
    _insert(data, piece, random)


CHANGES: Sequence[Change] = (_flip_bit, _replace_byte, _insert_bytes, _cut_out, _cut_off, _double, _repeat, _move)


def _piece(data: bytearray, random: Random) -> tuple[int, int]:
    start = random.randint(0, len(data))
    return start, min(len(data), start + random.randint(1, 64))


def _insert(data: bytearray, piece: bytes, random: Random) -> None:
    at = random.randint(0, len(data))
    data[at:at] = piece
