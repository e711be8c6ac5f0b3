"""What native code would try from a runner, and which layers keep it from it, each on its own."""

from dataclasses import dataclass

FILES = {"root", "landlock", "seccomp"}
NETWORK = {"network", "landlock", "seccomp"}
OTHERS = {"landlock", "seccomp"}
SECCOMP = {"seccomp"}


@dataclass(frozen=True)
class Attack:
    """An attack, and what shuts its door.

    `code` is the body of a function. It knows `server`, `fork_server` and `neighbour` (process ids), `tcp` and `unix`
    (where somebody listens), `folder`, and `outgoing`, the pipe to the server. `landlock` is the version it takes.
    """

    name: str
    code: str
    layers: set[str]
    landlock: int = 1

    @property
    def source(self) -> str:
        lines = "\n    ".join(self.code.split("\n"))
        return f"def attack():\n    {lines}\n"


def copy_memory(number: int) -> str:
    """process_vm_readv or _writev of something that lies where it lay before the fork."""
    return (
        "buffer = ctypes.string_at(id(socket), 8)\n"
        "here = (ctypes.c_void_p * 2)(ctypes.cast(buffer, ctypes.c_void_p), 8)\n"
        "there = (ctypes.c_void_p * 2)(id(socket), 8)\n"
        f"return syscall({number}, fork_server, here, 1, there, 1, 0)"
    )


EXECUTE = r"""
os.set_inheritable(outgoing, True)
message = r'\000\000\000\012\024\000\000\000\000{"got": 1}'
os.execve('/bin/sh', ['sh', '-c', f"printf '{message}' >&{outgoing}"], {})
""".strip()
"""An answer from another program than this one."""


def by_number(name: str, number: int, arguments: str = "0, 0, 0, 0, 0") -> Attack:
    """A system call that no runner makes. What the kernel would say without a filter differs; with one, it kills."""
    return Attack(name, f"return syscall({number}, {arguments})", SECCOMP)


ATTACKS = [
    # Files
    Attack("read a file", "return open('/etc/passwd').read()", FILES),
    Attack("read by descriptor of a folder", "return os.open('etc', os.O_RDONLY, dir_fd=os.open('/', os.O_PATH))", FILES),
    Attack("list a folder", "return os.listdir('/')[0]", FILES),
    Attack("write a file", "return open(folder + '/new', 'w').write('x')", FILES),
    Attack("fill the disk", "with open(folder + '/big', 'wb', 0) as file: return file.write(b'x')", {"limits", *FILES}),
    Attack("make a folder", "return os.mkdir(folder + '/deeper')", FILES),
    Attack("remove a file", "return os.unlink(folder + '/precious')", FILES),
    Attack("rename a file", "return os.rename(folder + '/treasure', folder + '/mine')", FILES),
    Attack("look for a file", "return os.stat('/etc/passwd').st_size", {"root", "seccomp"}),
    Attack("read root's file", "return open(folder + '/of-root').read()", {"privileges", *FILES}),
    # /proc
    Attack("own environment", "return open('/proc/self/environ', 'rb').read().hex() + 'read'", FILES),
    Attack("the server's environment", "return open(f'/proc/{server}/environ', 'rb').read().hex()", FILES),
    Attack("the fork server's environment", "return open(f'/proc/{fork_server}/environ', 'rb').read().hex() + 'read'", FILES),
    Attack("the server's memory", "return os.open(f'/proc/{server}/mem', os.O_RDWR)", FILES),
    Attack("the server's descriptors", "return os.listdir(f'/proc/{server}/fd')", FILES),
    Attack("list of processes", "return [name for name in os.listdir('/proc') if name.isdigit()][0]", FILES),
    # The network
    Attack("connect to a server", "return socket.create_connection(('127.0.0.1', tcp), 5).send(b'x')", NETWORK, landlock=4),
    Attack("listen", "s = socket.socket(); s.bind(('127.0.0.1', 0)); return s.getsockname()", {"landlock", "seccomp"}, landlock=4),
    Attack("send a datagram", "return socket.socket(type=socket.SOCK_DGRAM).sendto(b'x', ('127.0.0.1', tcp))", {"network", "seccomp"}),
    Attack("a Unix socket in a folder", "s = socket.socket(socket.AF_UNIX); s.connect(folder + '/socket'); return 'in'", {"root", "seccomp"}),
    Attack("an abstract Unix socket", "s = socket.socket(socket.AF_UNIX); s.connect('\\0' + unix); return 'in'", NETWORK, landlock=6),
    Attack("a raw socket", "return socket.socket(type=socket.SOCK_RAW, proto=1).fileno()", {"privileges", "seccomp"}),
    Attack("a pair of sockets", "return socket.socketpair()[0].fileno()", SECCOMP),
    # Programs and processes
    Attack("start a program", EXECUTE, {"root", "landlock", "seccomp"}),
    Attack("fork", "pid = os.fork(); pid or os._exit(0); return os.waitpid(pid, 0)", SECCOMP),
    Attack("fork without a signal", "pid = syscall(56, 0); pid or os._exit(0); return pid", SECCOMP),
    Attack("clone3", "how = (ctypes.c_uint64 * 8)(0, 0, 0, 0, signal.SIGCHLD, 0, 0, 0)\npid = syscall(435, how, 64); pid or os._exit(0); return pid", SECCOMP),
    Attack("kill the fork server", "os.kill(fork_server, signal.SIGCONT); return 'sent'", OTHERS, landlock=6),
    Attack("kill the server", "os.kill(server, signal.SIGCONT); return 'sent'", {"privileges", *OTHERS}, landlock=6),
    Attack("kill another runner", "os.kill(neighbour, signal.SIGCONT); return 'sent'", OTHERS, landlock=6),
    Attack("kill everybody", "os.kill(-1, 0); return 'sent'", SECCOMP),
    Attack("have a pipe send signals", "return fcntl.fcntl(outgoing, fcntl.F_SETOWN, fork_server) + 1", SECCOMP),
    Attack("trace the fork server", "return syscall(101, 0x4206, fork_server, 0, 0) + 1", OTHERS),
    Attack("trace another runner", "return syscall(101, 0x4206, neighbour, 0, 0) + 1", OTHERS),
    Attack("trace the server", "return syscall(101, 0x4206, server, 0, 0) + 1", {"privileges", *OTHERS}),
    Attack("read the fork server's memory", copy_memory(310), OTHERS),
    Attack("write the fork server's memory", copy_memory(311), OTHERS),
    # Limits
    Attack("take 3 GB of memory", "return len(mmap.mmap(-1, 3 << 30, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS))", {"limits"}),
    Attack("take 3 GB of shared memory", "return len(mmap.mmap(-1, 3 << 30))", SECCOMP),
    Attack("open 500 descriptors", "return [os.eventfd(0) for _ in range(500)]", {"limits"}),
    Attack("change a limit", "resource.setrlimit(resource.RLIMIT_NOFILE, (200, 200)); return 'changed'", SECCOMP),
    # Code
    Attack("memory that is written and run", "return len(mmap.mmap(-1, 4096, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS, mmap.PROT_WRITE | mmap.PROT_EXEC))", SECCOMP),
    Attack("memory that is written, then run", "page = mmap.mmap(-1, 4096, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)\nfirst = ctypes.c_char.from_buffer(page)\nreturn syscall(10, ctypes.addressof(first), 4096, 5) + 1", SECCOMP),
    Attack("a file in memory", "return os.memfd_create('x')", SECCOMP),
    # Rights
    Attack("become root again", "os.setuid(0); return 'root'", {"privileges", "seccomp"}),
    Attack("become somebody else", "os.setuid(12345); return 'somebody'", {"privileges", "seccomp"}),
    Attack("new namespaces", "return syscall(272, 0x10000000) + 1", SECCOMP),
    Attack("another root", "os.chroot('.'); return 'in'", {"privileges", "seccomp"}),
    Attack("be looked into again", "return syscall(157, 4, 1) + 1", SECCOMP),
    Attack("a filter of its own", "return syscall(157, 38, 1, 0, 0, 0) + 1", SECCOMP),
    Attack("the name of the machine", "socket.sethostname(socket.gethostname()); return 'set'", {"privileges", "seccomp"}),
    Attack("a better priority", "os.setpriority(os.PRIO_PROCESS, 0, -5); return 'better'", {"privileges", "seccomp"}),
    Attack("shared memory by key", "return syscall(29, 0, 4096, 0o1600) + 1", SECCOMP),
    Attack("calls of 32-bit programs", "return interrupt_80()", SECCOMP),
]  # fmt: skip

KILLING = [
    by_number("the same calls, as x32", 0x40000000 | 39),
    by_number("x32, the first call", 0x40000000),
    by_number("execve", 59),
    by_number("execveat", 322),
    by_number("vfork", 58),
    by_number("kill", 62, "fork_server, 0"),
    by_number("tgkill", 234, "fork_server, fork_server, 0"),
    by_number("rt_sigqueueinfo", 129, "fork_server, 0, 0"),
    by_number("pidfd_open", 434, "fork_server, 0"),
    by_number("pidfd_getfd", 438),
    by_number("ptrace, traced by its parent", 101),
    by_number("process_vm_readv", 310),
    by_number("process_vm_writev", 311),
    by_number("kcmp", 312),
    by_number("socket, netlink", 41, "16, 3, 0"),
    by_number("socket, packets", 41, "17, 3, 0"),
    by_number("socket, virtual machine", 41, "40, 1, 0"),
    by_number("connect", 42),
    by_number("recvmsg, which receives descriptors", 47),
    by_number("io_uring_setup", 425, "1, ctypes.create_string_buffer(256)"),
    by_number("io_uring_enter", 426),
    by_number("bpf", 321),
    by_number("perf_event_open", 298),
    by_number("userfaultfd", 323),
    by_number("keyctl", 250),
    by_number("add_key", 248),
    by_number("memfd_secret", 447),
    by_number("splice", 275),
    by_number("shmat", 30),
    by_number("open_by_handle_at", 304),
    by_number("modify_ldt", 154),
    by_number("personality", 135, "0xffffffff"),
    by_number("mount", 165),
    by_number("pivot_root", 155),
    by_number("fsopen", 430),
    by_number("setns", 308),
    by_number("unshare", 272),
    by_number("capset", 126),
    by_number("setresuid", 117, "-1, -1, -1"),
    by_number("init_module", 175),
    by_number("kexec_load", 246),
    by_number("reboot", 169),
    by_number("iopl", 172),
    by_number("settimeofday", 164),
    by_number("clone, a new namespace of users", 56, "0x10000011"),
    by_number("clone, sharing memory as vfork does", 56, "0x4111"),
]
"""Numbers are those of x86_64."""
