"""A file system with nothing in it, /proc included, also where the kernel has no Landlock."""

import os
import tempfile

from runtime.sandbox.lockdown.libc import require_linux


def enter() -> str:
    """Make an empty folder the root of this process and its forks (chroot(2)). It is deleted: nothing can be put in it.

    What is open stays open. Root can leave such a root, so capabilities have to be dropped afterwards.
    """
    require_linux()
    folder = tempfile.mkdtemp(prefix="relive-empty-")
    try:
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    finally:
        os.rmdir(folder)
    try:
        os.fchdir(descriptor)
        os.chroot(".")
    finally:
        os.close(descriptor)
    return "an empty, deleted folder"
