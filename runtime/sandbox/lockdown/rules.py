"""Which system calls a runner may make, and what becomes of all others.

The list is what runners were seen to do over all tests of the sandbox, and the same things as other processors and C
libraries do them. The guest itself makes no system calls: all of this is done by the engine and by Python for it.
"""

import errno
from dataclasses import dataclass

from runtime.sandbox.lockdown.bpf import KILL, refuse


@dataclass(frozen=True)
class Condition:
    """A call is let through only if an argument, masked, is one of the values. Otherwise `otherwise` is its result."""

    argument: int
    values: tuple[int, ...]
    otherwise: int
    mask: int = 0xFFFFFFFF


PROT_EXEC = 0x4
MAP_SHARED = 0x1
F_GETFD, F_GETFL, F_DUPFD_CLOEXEC = 1, 3, 1030
FUTEX_WAIT, FUTEX_WAKE, FUTEX_WAIT_BITSET, FUTEX_WAKE_BITSET = 0, 1, 9, 10
FUTEX_COMMAND = 0x7F
PR_SET_NAME = 15
ITIMER_REAL = 0

A_NEW_THREAD = 0x3D0F00
"""The flags with which every C library starts a thread: CLONE_VM, _FS, _FILES, _SIGHAND, _THREAD, _SYSVSEM, _SETTLS,
_PARENT_SETTID and _CHILD_CLEARTID. Any other use of clone makes a process, or a namespace."""

NO_CODE = Condition(2, (0,), refuse(errno.EPERM), mask=PROT_EXEC)
"""All code there is was mapped before the fork; memory that can be written never becomes code."""

# The two pipes, most frequent first, since old kernels try one rule after the other.
PIPES = ("read", "write", "readv", "writev", "select", "pselect6", "poll", "ppoll", "close")

# An instance's memory is mapped, grows, is put in order by what the kernel knows of its pages, and unmapped; Python's
# objects and long messages need memory, too.
MEMORY = ("mmap", "mprotect", "munmap", "mremap", "madvise", "brk", "getrusage", "pread64")

# A busy loop in a runner whose server has died ends by the alarm.
TIME = ("clock_gettime", "clock_getres", "clock_nanosleep", "nanosleep", "gettimeofday", "time", "alarm", "setitimer")

# Seeds of each instance, os.urandom in the guest.
RANDOMNESS = ("getrandom",)

# A guest that sleeps makes the engine start threads, with an event loop that wakes them.
THREADS = (
    "futex", "clone", "set_robust_list", "rseq", "sched_yield", "sched_getaffinity", "getpid", "gettid", "prctl",
    "epoll_create1", "epoll_ctl", "epoll_wait", "epoll_pwait", "eventfd2", "fcntl",
)  # fmt: skip

# The engine turns the processor's faults into traps of the guest.
SIGNALS = ("rt_sigaction", "rt_sigprocmask", "rt_sigreturn", "sigaltstack", "restart_syscall")

END = ("exit", "exit_group")

ALLOWED = PIPES + MEMORY + TIME + RANDOMNESS + THREADS + SIGNALS + END

CONDITIONS: dict[str, tuple[Condition, ...]] = {
    "mmap": (NO_CODE, Condition(3, (0,), refuse(errno.EPERM), mask=MAP_SHARED)),  # shared memory evades the limit
    "mprotect": (NO_CODE,),
    "clone": (Condition(0, (A_NEW_THREAD,), KILL),),
    # Those that wait and wake. Kernels were broken into through the others.
    "futex": (
        Condition(
            1,
            (FUTEX_WAIT, FUTEX_WAKE, FUTEX_WAIT_BITSET, FUTEX_WAKE_BITSET),
            refuse(errno.ENOSYS),
            mask=FUTEX_COMMAND,
        ),
    ),
    # Not those that have signals sent to other processes when something can be read.
    "fcntl": (Condition(1, (F_DUPFD_CLOEXEC, F_GETFD, F_GETFL), refuse(errno.EPERM)),),
    "prctl": (Condition(0, (PR_SET_NAME,), refuse(errno.EPERM)),),
    "setitimer": (Condition(0, (ITIMER_REAL,), refuse(errno.EPERM)),),
}

REFUSED = {
    # Honest code tries these and can do without: an exception looks for its source, the engine for the number of
    # processors, an import for its module.
    **dict.fromkeys(
        ("open", "openat", "openat2", "creat", "stat", "lstat", "fstat", "newfstatat", "statx", "access", "faccessat",
         "faccessat2", "readlink", "readlinkat", "getcwd", "getdents", "getdents64", "lseek"),
        errno.EACCES,
    ),
    # It also reads limits, which libraries do. Theirs cannot be raised anyway.
    "prlimit64": errno.EPERM,
    # Its flags lie in memory, where no filter can look. Told that there is no clone3, C libraries use clone.
    "clone3": errno.ENOSYS,
}  # fmt: skip

FORBIDDEN = (
    # Other programs and processes
    "execve", "execveat", "fork", "vfork",
    "kill", "tkill", "tgkill", "rt_sigqueueinfo", "rt_tgsigqueueinfo", "pidfd_open", "pidfd_send_signal", "pidfd_getfd",
    "ptrace", "process_vm_readv", "process_vm_writev", "process_madvise", "kcmp",
    # The network
    "socket", "socketpair", "connect", "bind", "listen", "accept", "accept4",
    "sendto", "sendmsg", "sendmmsg", "recvmsg",
    # Ways into the kernel that no runner has a use for
    "io_uring_setup", "io_uring_enter", "io_uring_register", "io_setup", "bpf", "perf_event_open", "userfaultfd",
    "keyctl", "add_key", "request_key", "memfd_secret", "vmsplice", "splice", "tee",
    "shmget", "shmat", "msgget", "mq_open", "open_by_handle_at", "fanotify_init", "modify_ldt", "personality",
    # What is for administrators
    "mount", "umount2", "pivot_root", "chroot", "open_tree", "move_mount", "fsopen", "fsconfig", "fsmount",
    "mount_setattr", "unshare", "setns", "capset",
    "setuid", "setgid", "setreuid", "setregid", "setresuid", "setresgid", "setgroups", "setfsuid", "setfsgid",
    "setrlimit",
    "init_module", "finit_module", "kexec_load", "kexec_file_load", "reboot", "syslog", "iopl", "ioperm",
    "settimeofday", "clock_settime", "clock_adjtime", "adjtimex",
)  # fmt: skip
"""No honest runner tries these: whoever does has broken out of the engine, and ends."""

ANYTHING_ELSE = refuse(errno.ENOSYS)
"""As if the kernel did not have it: libraries that try something new fall back to what is on the list."""
