"""Makes good what the standard library lacks here: parts of OpenSSL, and a host with a name."""

import email.utils
import hashlib
import hmac
import itertools
import random
import time
from collections.abc import Buffer


def complete() -> None:
    """When the guest is built."""
    hashlib.pbkdf2_hmac = pbkdf2_hmac
    email.utils.make_msgid = make_msgid


def make_msgid(idstring: str | None = None, domain: str | None = None) -> str:
    """As `email.utils.make_msgid`, which asks for the machine's name when it is given no domain."""
    unique = f"{time.time_ns()}.{random.getrandbits(64)}"
    return f"<{unique if idstring is None else f'{unique}.{idstring}'}@{domain or 'localhost'}>"


def pbkdf2_hmac(hash_name: str, password: Buffer, salt: Buffer, iterations: int, dklen: int | None = None) -> bytes:
    """As `hashlib.pbkdf2_hmac` (RFC 8018 section 5.2), at two to three microseconds an iteration."""
    empty = hashlib.new(hash_name)
    length = empty.digest_size if dklen is None else dklen
    if iterations < 1 or length < 1:
        raise ValueError("iterations and dklen must be 1 or more")
    secret = bytes(password)
    if len(secret) > empty.block_size:
        secret = hashlib.new(hash_name, secret).digest()
    key = b""
    for block in itertools.count(1):
        last = hmac.digest(secret, bytes(salt) + block.to_bytes(4), hash_name)
        total = int.from_bytes(last)
        for _ in range(iterations - 1):
            last = hmac.digest(secret, last, hash_name)
            total ^= int.from_bytes(last)
        key += total.to_bytes(empty.digest_size)
        if len(key) >= length:
            break
    return key[:length]
