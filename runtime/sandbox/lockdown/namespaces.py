"""A network of its own for all runners, with no device in it, and no shared memory with other processes."""

import os

from runtime.sandbox.lockdown.libc import call

CLONE_NEWIPC = 0x08000000
CLONE_NEWUSER = 0x10000000
CLONE_NEWNET = 0x40000000


def leave_the_network() -> str:
    """Enter new namespaces of network and IPC, where this process is alone (namespaces(7)). Forks are in them, too.

    Without root that takes a user namespace as well, which many systems refuse; it brings no rights outside of it.
    Half a millisecond, once. A namespace of processes would cost that for each runner, because its first process must
    live as long as all others.
    """
    flags = CLONE_NEWNET | CLONE_NEWIPC
    try:
        call("unshare", flags)
    except OSError:
        if os.geteuid() == 0:
            raise
        call("unshare", CLONE_NEWUSER | flags)
    return "an empty network, no shared memory"
