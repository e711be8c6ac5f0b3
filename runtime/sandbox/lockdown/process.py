"""What a process tells the kernel about itself: that it never gains privileges, and that nobody may look into it."""

from runtime.sandbox.lockdown.libc import prctl

PR_SET_DUMPABLE = 4
PR_SET_NO_NEW_PRIVS = 38


def forgo_new_privileges() -> str:
    """No program that is started from here on gets more rights than this process has: no setuid, no file capability.

    Unprivileged processes need it for Landlock and seccomp (prctl(2), PR_SET_NO_NEW_PRIVS).
    """
    prctl(PR_SET_NO_NEW_PRIVS, 1)
    return "nothing that is started gains rights"


def hide() -> str:
    """Nobody but root may trace this process, read its memory or its environment, and it leaves no core dump.

    Processes of the same user could, runners among them (prctl(2), PR_SET_DUMPABLE). Forks inherit it.
    """
    prctl(PR_SET_DUMPABLE, 0)
    return "no tracing, no core dumps"
