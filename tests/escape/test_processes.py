"""No processes, no threads, no signals; and an end of the interpreter is the end of its own call alone."""

from tests.escape.attempts import ABORTED, Answers, Attempt, Fails, Stage, rows

NO_MODULE = Fails(901, "ModuleNotFoundError")
NO_THREAD = Fails(901, "RuntimeError", "There are no threads in the sandbox")
NO_PROCESS = Fails(901, "NotImplementedError", "There are no processes in the sandbox")
EXITED = Fails(901, "SandboxCrash", "Exited with i32 exit status 0")

FOUND = """
import types
gc.unfreeze()
found = {module.__name__: module for module in gc.get_objects() if isinstance(module, types.ModuleType)}
"""
"""Modules that were taken out of sys.modules when the guest was built, and that something still holds."""

MISSING = [
    "fork", "forkpty", "execv", "execve", "posix_spawn", "spawnv", "system", "kill", "killpg", "waitpid", "nice",
    "setuid", "setsid", "chroot", "pipe", "openpty", "unshare", "setns", "memfd_create", "sched_setaffinity",
    "pidfd_open", "eventfd",
]  # fmt: skip

ATTEMPTS = [
    Attempt("calls of the system", f"return [name for name in {MISSING} if hasattr(os, name)]", Answers([])),
    Attempt("a shell", "return os.popen('id').read()", NO_MODULE),
    Attempt("subprocess", "import subprocess", NO_MODULE),
    Attempt("subprocess, found in memory", FOUND + "found['subprocess'].run(['id'])", Fails(901, "OSError", "does not support processes")),
    Attempt("what subprocess is made of", "import _posixsubprocess", NO_MODULE),
    Attempt("multiprocessing", "import multiprocessing", NO_MODULE),
    Attempt("multiprocessing, found in memory", FOUND + """
process = found['multiprocessing.process']
class Process(process.BaseProcess):
    @staticmethod
    def _Popen(process): return found['multiprocessing.context'].Popen(process)
Process(target=print).start()
""", Fails(901, "AttributeError")),
    Attempt("a process of asyncio", "await asyncio.create_subprocess_exec('id')", NO_PROCESS),
    Attempt("a shell of asyncio", "await asyncio.create_subprocess_shell('id')", NO_PROCESS),
    Attempt("a pool of processes", """
        from concurrent.futures import ProcessPoolExecutor
        return ProcessPoolExecutor().submit(len, 'abc').result()
        """, Fails(901, "NotImplementedError")),
    Attempt("another interpreter", "import _interpreters", NO_MODULE),
    Attempt("foreign functions", "import _ctypes", NO_MODULE),
    Attempt("a thread", "import threading; threading.Thread(target=print).start()", NO_THREAD),
    Attempt("a timer", "import threading; threading.Timer(0, print).start()", NO_THREAD),
    Attempt("a pool of threads", """
        from concurrent.futures import ThreadPoolExecutor
        with ThreadPoolExecutor() as pool: return pool.submit(len, 'abc').result()
        """, NO_THREAD),
    Attempt("a thread below threading", "import _thread; _thread.start_new_thread(print, ())", Fails(901, "RuntimeError", "can't start new thread")),
    Attempt("a thread that can be joined", "import _thread; _thread.start_joinable_thread(print)", Fails(901, "RuntimeError", "can't start new thread")),
    Attempt("a thread of asyncio", """
        import threading
        return await asyncio.to_thread(lambda: threading.current_thread() is threading.main_thread())
        """, Answers(True)),
    Attempt("a lock that nobody opens", "import threading; lock = threading.Lock(); lock.acquire(); lock.acquire()", ABORTED),
    Attempt("an event that nobody sets", "import threading; threading.Event().wait()", ABORTED),
    Attempt("a watchdog that ends the process", """
        import faulthandler
        faulthandler.dump_traceback_later(0.01, exit=True, file=1)
        """, Fails(901, "RuntimeError", "unable to start watchdog thread")),
    Attempt("signals", """
        import signal
        names = ('alarm', 'setitimer', 'pthread_kill', 'pidfd_send_signal', 'sigwait', 'pause', 'pthread_sigmask')
        return [name for name in names if hasattr(signal, name)]
        """, Answers([])),
    Attempt("a signal to itself", "import signal; signal.raise_signal(signal.SIGTERM)", ABORTED),
    Attempt("a signal that nobody survives", "import signal; signal.raise_signal(9)", ABORTED),
    Attempt("a segmentation fault", "import faulthandler; faulthandler._sigsegv()", ABORTED),
    Attempt("an interrupt", "import signal; signal.raise_signal(signal.SIGINT)", Fails(901, "KeyboardInterrupt")),
    Attempt("a signal with a handler", """
        import signal
        signal.signal(signal.SIGTERM, lambda *_: told.append('handled'))
        told = []
        signal.raise_signal(signal.SIGTERM)
        return told
        """, Answers(["handled"])),
    Attempt("a read of address null", "import faulthandler; return faulthandler._read_null()", Answers(0)),
    Attempt("an abort", "os.abort()", ABORTED),
    Attempt("an exit", "sys.exit(0)", Fails(901, "SystemExit")),
    Attempt("an exit at once", "os._exit(0)", EXITED),
    Attempt("an exit at once, at the top level", "import os\nos._exit(0)\ndef on_request(request, response): return 1", EXITED),
    Attempt("an exit at the top level", "import sys\nsys.exit(0)\ndef on_request(request, response): return 1", Fails(901, "SystemExit")),
    Attempt("an exit out of SQL", """
        import sqlite3
        database = sqlite3.connect(':memory:')
        database.create_function('leave', 0, lambda: os._exit(0))
        database.execute('SELECT leave()')
        """, EXITED),
    Attempt("an exit while the failure is told", """
        class Failure(Exception):
            def __str__(self): os._exit(0)
        raise Failure
        """, EXITED),
    Attempt("an audit hook that lets nothing pass", """
        def hook(*_): raise SystemExit
        sys.addaudithook(hook)
        open('x')
        """, Fails(901, "SandboxCrash")),
    Attempt("code for another process", "sys.remote_exec(os.getpid(), '/tmp/code.py')", Fails(901, "FileNotFoundError")),
    Attempt("a debugger", "breakpoint()", Fails(901, "RuntimeError", "There is no debugger in the sandbox")),
    Attempt("a question to the terminal", "return input()", Fails(901, "EOFError")),
]  # fmt: skip


@rows(ATTEMPTS)
def test_attempt(stage: Stage, attempt: Attempt) -> None:
    stage.carry_out(attempt)
