"""Nothing of the server can be read off the interpreter: its environment, its user, its machine, its clock."""

from tests.conftest import MASTER_KEY
from tests.escape.attempts import NEIGHBOUR, Answers, Attempt, Fails, Stage, rows
from tests.escape.conftest import CANARY, SECRETS

SEARCH = """
wanted = ''.join(reversed({backwards!r}))
gc.unfreeze()
places, seen = [], 0
for holder in gc.get_objects():
    for held in gc.get_referents(holder):
        if isinstance(held, (str, bytes)):
            seen += 1
            text = held if isinstance(held, str) else held.decode('latin-1')
            if wanted in text: places.append(type(holder).__name__)
return [seen > 100_000, places]
"""


def searched(secret: str) -> str:
    """A search of all objects for a text; the code itself has it backwards, so as not to find itself."""
    return SEARCH.format(backwards=secret[::-1])


ATTEMPTS = [
    Attempt("variables", """
        import posix
        return [dict(os.environ), {**os.environb}, {**posix.environ}, os.getenv('AWS_SECRET_ACCESS_KEY'), os.getenv('PATH')]
        """, Answers([{}, {}, {}, None, None])),
    Attempt("a variable in all objects there are", searched(CANARY), Answers([True, []])),
    Attempt("the caller's master key in all objects there are", searched(MASTER_KEY), Answers([True, []])),
    Attempt("the neighbour's secret in all objects there are", searched(SECRETS[NEIGHBOUR]["KEY"]), Answers([True, []])),
    Attempt("arguments and paths", "return [sys.argv, sys.orig_argv, sys.executable, sys.path]", Answers([[""], [], "", []])),
    Attempt("the machine's name", """
        import platform, asyncio.base_events
        return [platform.node(), os.uname().nodename, asyncio.base_events.socket.gethostname()]
        """, Answers(["(none)", "(none)", "(none)"])),
    Attempt("the machine's kind", """
        import platform
        return [platform.machine(), platform.processor(), os.uname().release, os.cpu_count()]
        """, Answers(["wasm32", "", "0.0.0", 1])),
    Attempt("the user", "import getpass; return getpass.getuser()", Fails(901, "OSError", "No username")),
    Attempt("the user's folder", "import pathlib; return str(pathlib.Path.home())", Fails(901, "RuntimeError")),
    Attempt("the process", """
        return [os.getpid(), os.getcwd(), [name for name in ('getppid', 'getuid', 'getlogin', 'getpgid') if hasattr(os, name)]]
        """, Answers([42, "/", []])),
    Attempt("another clock", "time.clock_settime(time.CLOCK_REALTIME, 0)", Fails(901, "AttributeError")),
    Attempt("how long the machine is up", "return [time.monotonic() < 60, time.perf_counter() < 60]", Answers([True, True])),
    Attempt("another time zone", """
        os.environ['TZ'] = 'Asia/Tokyo'
        if hasattr(time, 'tzset'): time.tzset()
        return [time.timezone, time.localtime(0).tm_hour]
        """, Answers([0, 0])),
    Attempt("the caller's master key in the request", """
        return [request.headers.get('authorization'), sorted(request.headers), request.query_string, vars(request.principal)['data']]
        """, Answers([None, ["content-type"], {}, {}])),
    Attempt("the programs of this machine", "import shutil; return [shutil.which(name) for name in ('sh', 'python3')]", Answers([None, None])),
    Attempt("installed packages", "import importlib.metadata as m; return [d.name for d in m.distributions()]", Answers([])),
    Attempt("libraries of the system", "from ctypes.util import find_library", Fails(901, "ModuleNotFoundError")),
    Attempt("the main program", "import __main__; return sorted(name for name in vars(__main__) if not name.startswith('__'))", Answers([])),
]  # fmt: skip


@rows(ATTEMPTS)
def test_attempt(stage: Stage, attempt: Attempt) -> None:
    stage.carry_out(attempt)
