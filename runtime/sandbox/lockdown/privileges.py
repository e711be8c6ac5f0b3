"""What a runner may do for who it is: nothing that root may, and nothing with files that only root may read."""

import ctypes
import os

from runtime.sandbox.lockdown.libc import call, prctl, require_linux

NOBODY = 65534

PR_CAPBSET_READ = 23
PR_CAPBSET_DROP = 24
PR_CAP_AMBIENT = 47
PR_CAP_AMBIENT_CLEAR_ALL = 4
LINUX_CAPABILITY_VERSION_3 = 0x20080522


def drop() -> str:
    """Give up all capabilities, for good, and stop being root if this process is (capabilities(7)). Raises OSError."""
    require_linux()
    _bound_capabilities()
    user = _become_nobody()
    _drop_capabilities()
    return f"{user}, without capabilities"


def _bound_capabilities() -> None:
    """Also a program of root's that is started gets none. Who may not give this up gains none anyway."""
    number = 0
    while _is_capability(number):
        try:
            prctl(PR_CAPBSET_DROP, number)
        except PermissionError:
            return
        number += 1


def _is_capability(number: int) -> bool:
    try:
        prctl(PR_CAPBSET_READ, number)
    except OSError:  # beyond the last one that this kernel knows
        return False
    return True


def _become_nobody() -> str:
    if os.getuid() != 0:
        return "the server's own user"
    try:
        os.setgroups([])
        os.setresgid(NOBODY, NOBODY, NOBODY)
        os.setresuid(NOBODY, NOBODY, NOBODY)
    except OSError as exception:  # a container that was started with fewer rights than root has
        return f"still root ({exception.strerror})"
    return "nobody"


def _drop_capabilities() -> None:
    header = (ctypes.c_uint32 * 2)(LINUX_CAPABILITY_VERSION_3, 0)
    nothing = (ctypes.c_uint32 * 6)()
    call("capset", header, nothing)
    prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL)
