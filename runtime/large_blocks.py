"""Memory of large texts goes back to the system once it is free."""

import ctypes
import sys

M_MMAP_THRESHOLD = -3
"""malloc.h of glibc; see mallopt(3)."""

LARGE_BYTES = 1024 * 1024


def give_back_large_blocks() -> None:
    """Have the C library keep none of them for later.

    glibc takes large blocks from the system one by one, and gives them back. But every large block that is freed makes
    it think larger of what is large, up to 32 MB, and then each thread keeps what it once had: with bodies of some
    megabytes in hundreds of threads, several times of what is in use. A limit that is set stays. Does nothing where the
    C library is another one.
    """
    if sys.platform == "linux" and (mallopt := getattr(ctypes.CDLL(None), "mallopt", None)) is not None:
        mallopt(M_MMAP_THRESHOLD, LARGE_BYTES)
