"""Whatever a call changes in its interpreter, no other call finds it: not the next, nor another function or app."""

import textwrap
from dataclasses import dataclass

import pytest

from tests.cloudcode.calling import app_of
from tests.escape.attempts import ATTACKER, NEIGHBOUR, PORTRAIT, SHARED, Attempt, Stage

ATTEMPTS: list[Attempt] = []


@dataclass(frozen=True)
class Poison:
    """`attack` is what a call does; `trace` is the expression by which another call would see it, and `clean` what that
    is when it does not. `top` is run when the file is loaded, in every call.
    """

    name: str
    attack: str
    trace: str
    clean: object
    top: str = ""

    @property
    def function(self) -> str:
        return self.name.replace(" ", "_").replace("'", "").replace(",", "").replace("-", "_").replace(".", "_")

    @property
    def source(self) -> str:
        attack = textwrap.indent(textwrap.dedent(self.attack).strip(), " " * 8)
        return (
            f"import asyncio, builtins, gc, json, os, sys, time\n{self.top}\n"
            f"def on_request(request, response):\n    if request.data == 'attack':\n{attack}\n"
            f"        return 'attacked'\n    return [{self.trace}]\n"
        )


POISONS = [
    Poison("a global", "global count; count += 1", "count", 0, "count = 0"),
    Poison("a default argument", "kept()", "kept()", [1], "def kept(x=[]): x.append(1); return x"),
    Poison("a cache", "cached(1)", "[cached.cache_info().currsize, cached(1)]", [0, 1], "import functools\n@functools.cache\ndef cached(x): return x"),
    Poison("a class attribute", "Thing.seen = True", "hasattr(Thing, 'seen')", False, "class Thing: pass"),
    Poison("the handler itself", "global on_request; on_request = None", "callable(on_request)", True),
    Poison("the code of the handler", "on_request.__code__ = (lambda request, response: 'evil').__code__", "on_request.__code__.co_name", "on_request"),
    Poison("its own module in sys.modules", "sys.modules[__name__] = json", "sys.modules[__name__].__dict__ is globals()", True),
    Poison("a shared module's state", "from shared import stock; stock.count = 5; stock.prices['tea'] = 0", "[__import__('shared.stock').stock.count, __import__('shared.stock').stock.price('tea')]", [0, 3]),
    Poison("a shared module replaced", "sys.modules['shared.stock'] = sys", "__import__('shared.stock').stock.__name__", "shared.stock"),
    Poison("a builtin function", "builtins.len = lambda _: 99", "len('abc')", 3),
    Poison("a new builtin", "builtins.seen = True", "hasattr(builtins, 'seen')", False),
    Poison("import", "builtins.__import__ = lambda *_: 1 / 0", "__import__('json').__name__", "json"),
    Poison("compile and exec", "builtins.compile = builtins.exec = builtins.eval = lambda *_, **__: 99", "eval('1')", 1),
    Poison("how classes are made", "builtins.__build_class__ = lambda *_: 99", "type(type('A', (), {})).__name__", "type"),
    Poison("how json reads", "json.loads = json.JSONDecoder.decode = lambda *_, **__: 'evil'", "json.loads('[1]')", [1]),
    Poison("how json writes", "json.dumps = lambda *_, **__: 'evil'; json.JSONEncoder.default = lambda *_: 'evil'; json.encoder.c_make_encoder = None", "json.dumps([1])", "[1]"),
    Poison("a module taken away", "del sys.modules['json']", "'json' in sys.modules", True),
    Poison("a module put in", "sys.modules['made_up'] = sys", "'made_up' in sys.modules", False),
    Poison("a module emptied", "vars(os).clear()", "os.sep", "/"),
    Poison("the import system", "sys.meta_path.clear(); sys.path_hooks.clear(); sys.path.append('/evil')", "[len(sys.meta_path) > 3, sys.path]", [True, []]),
    Poison("the path to modules", "sys.path.insert(0, '/tmp'); sys.path_importer_cache['/tmp'] = None", "[sys.path, '/tmp' in sys.path_importer_cache]", [[], False]),
    Poison("the module cloud", "import cloud; cloud.secrets = {'KEY': 'evil'}; cloud.CloudError = ValueError; cloud.log.info = None", "[type(__import__('cloud').secrets).__name__, __import__('cloud').CloudError.__name__]", ["Secrets", "CloudError"]),
    Poison("a secret read before", "from cloud import secrets; secrets['KEY']; secrets._read_before['KEY'] = 'evil'", "__import__('cloud').secrets['KEY']", "[secret KEY]"),
    Poison("the guest's answers", "from relive_guest import answers; answers.encode = lambda _: 'evil'", "1", 1),
    Poison("the guest's door", "from relive_guest import host; host.start = host.wait = None; host._open.clear(); host._refusal.append(ValueError())", "__import__('cloud').secrets['KEY']", "[secret KEY]"),
    Poison("the guest's exports", "import guest; guest.WitWorld.define = guest.WitWorld.handle = lambda *_: 'evil'; guest._definitions[:] = [None]", "__import__('guest').WitWorld.handle.__name__", "handle"),
    Poison("the guest's imports", "import wit_world; wit_world.start = wit_world.wait = wit_world.log = lambda *_: 1", "__import__('wit_world').start.__name__", "start"),
    Poison("the guest's sources", "from relive_guest import sources; sources._files.update({path: 'evil' for path in sources._files}); sources.text = lambda _: 'evil'", "__import__('inspect').getsource(on_request)[:3]", "def"),
    Poison("a class of the request", "type(request).action = 'EVIL'; type(request.principal).type = 'masterKey'", "request.action", "POST"),
    Poison("a cancelled request", """
        try: request.cancel()
        except BaseException: pass
        """, "__import__('cloud').secrets['KEY']", "[secret KEY]"),
    Poison("the standard output", "sys.stdout = sys.stderr = sys.__stdout__ = None; builtins.print = None", "[print('told'), type(sys.stdout).__name__]", [None, "LogStream"]),
    Poison("a trace function", "sys.settrace(lambda *_: None); sys.setprofile(lambda *_: None)", "[sys.gettrace(), sys.getprofile()]", [None, None]),
    Poison("a monitor", "sys.monitoring.use_tool_id(5, 'evil'); sys.monitoring.set_events(5, sys.monitoring.events.PY_START)", "sys.monitoring.get_tool(5)", None),
    Poison("a hook for exceptions", "sys.excepthook = sys.unraisablehook = lambda *_: os._exit(0)", "sys.excepthook is sys.__excepthook__", True),
    Poison("the limits of the interpreter", "sys.setrecursionlimit(99); sys.setswitchinterval(9); sys.set_int_max_str_digits(0)", "[sys.getrecursionlimit(), sys.getswitchinterval(), sys.get_int_max_str_digits()]", [1000, 0.005, 4300]),
    Poison("the collector", "gc.disable(); gc.unfreeze(); gc.set_threshold(1); gc.callbacks.append(lambda *_: 1 / 0)", "[gc.isenabled(), len(gc.callbacks)]", [True, 0]),
    Poison("what is done at the exit", "import atexit; atexit.register(os._exit, 0)", "__import__('atexit')._ncallbacks() < 50", True),
    Poison("a variable of the environment", "os.environ['SEEN'] = '1'; os.putenv('SEEN', '1')", "os.environ.get('SEEN')", None),
    Poison("a signal's handler", "import signal; signal.signal(signal.SIGTERM, lambda *_: None)", "str(__import__('signal').getsignal(15))", "0"),
    Poison("the seed of random", "import random; random.seed(1); random.random = lambda: 0.5; random._inst.seed(1)", "[__import__('random').random() != 0.5, __import__('random').randint(0, 10**9) != 144272510]", [True, True]),
    Poison("the clock", "time.time = lambda: 0; import datetime; datetime.datetime = None", "[time.time() > 10**9, __import__('datetime').datetime.now().year > 2000]", [True, True]),
    Poison("decimals", "import decimal; decimal.getcontext().prec = 3; decimal.DefaultContext.prec = 3", "[__import__('decimal').getcontext().prec, __import__('decimal').DefaultContext.prec]", [28, 28]),
    Poison("warnings", "import warnings; warnings.simplefilter('error'); warnings.showwarning = None", "len(__import__('warnings').filters)", 5),
    Poison("logging", "import logging; logging.disable(50); logging.root.setLevel(0); logging.addLevelName(20, 'evil')", "[__import__('logging').root.manager.disable, __import__('logging').getLevelName(20)]", [0, "INFO"]),
    Poison("a codec", "import codecs; codecs.register(lambda name: 1 / 0); codecs.register_error('strict', lambda e: ('evil', e.end))", "b'a'.decode('latin-1')", "a"),
    Poison("how objects are copied", "import copyreg; copyreg.pickle(dict, lambda _: (str, ('evil',)))", "__import__('copy').copy({'a': 1})", {"a": 1}),
    Poison("the cache of patterns", "import re; re.compile = re._compile = lambda *_: None; re._cache.clear()", "bool(__import__('re').match('a', 'a'))", True),
    Poison("the cache of lines", "import linecache; linecache.cache[f'functions/{request.function}.py'] = (1, None, ['evil'], 'x')", "len(__import__('linecache').cache)", 0),
    Poison("an abstract class", "import collections.abc; collections.abc.Mapping.register(int)", "isinstance(1, __import__('collections.abc').abc.Mapping)", False),
    Poison("asyncio", "asyncio.run = asyncio.sleep = asyncio.new_event_loop = None; asyncio.set_event_loop(None)", "asyncio.run(asyncio.sleep(0, 'ran'))", "ran"),
    Poison("a context variable", "variable.set('evil')", "variable.get()", "clean", "import contextvars\nvariable = contextvars.ContextVar('variable', default='clean')"),
    Poison("the locale", "import locale; locale.setlocale(locale.LC_ALL, 'C'); locale.getpreferredencoding = lambda *_: 'evil'", "__import__('locale').getpreferredencoding()", "UTF-8"),
    Poison("an open file that does not exist", "import tempfile; tempfile.tempdir = '/evil'", "__import__('tempfile').tempdir", None),
    Poison("the constants of the code", "on_request.__code__ = on_request.__code__.replace(co_consts=('evil',) * 99)", "'clean'", "clean"),
    Poison("the marshalling of code", "import marshal; marshal.loads = marshal.dumps = lambda *_: (lambda: 'evil').__code__", "__import__('marshal').loads(__import__('marshal').dumps(1))", 1),
    Poison("a sub-interpreter's worth of garbage", "global kept; kept = [bytearray(1000) for _ in range(50_000)]", "'kept' in globals()", False),
]  # fmt: skip


@pytest.fixture(scope="module")
def poisoned(stage: Stage) -> Stage:
    """The stage, with all of these functions in both apps."""
    files = {f"functions/{poison.function}.py": poison.source for poison in POISONS}
    portrait = {"functions/portrait.py": PORTRAIT, **SHARED}
    for app in (ATTACKER, NEIGHBOUR):
        stage.application.apps.apply(app_of({**files, **portrait}, id=app))
    return stage


@pytest.mark.parametrize("poison", POISONS, ids=lambda poison: poison.name)
class TestPoison:
    def test_reaches_no_other_call(self, poisoned: Stage, poison: Poison) -> None:
        """Several calls in a row, since instances may be prepared while an earlier call is still at work."""
        for data in ("attack", "look", "attack", "look"):
            answer = poisoned.call(poison.function, data)
            # How the attacker's own call ends is her own affair.
            assert data == "attack" or answer.json == [poison.clean], answer.text
        assert poisoned.call(poison.function, "look", app=NEIGHBOUR).json == [poison.clean]
        poisoned.check_unharmed()


VISIBLE = (
    "a builtin function", "a new builtin", "how json reads", "how json writes", "a module taken away", "a module put in",
    "the import system", "the module cloud", "the guest's answers", "the guest's exports", "the guest's imports",
    "a trace function", "the limits of the interpreter", "a variable of the environment", "decimals", "warnings",
)  # fmt: skip


@pytest.mark.parametrize("name", VISIBLE)
def test_the_portrait_would_show_it(stage: Stage, name: str) -> None:
    """Otherwise it would prove nothing."""
    (attack,) = (poison.attack for poison in POISONS if poison.name == name)
    top, handler = PORTRAIT.split("def on_request(request: Request) -> dict[str, Any]:\n")
    source = f"import builtins\n{top}def on_request(request):\n{textwrap.indent(attack, '    ')}\n{handler}"
    stage.application.apps.apply(app_of({"functions/portrait.py": source, **SHARED}, id="sitter"))
    answer = stage.call("portrait", app="sitter")
    assert answer.status != 200 or answer.json != stage.portraits[ATTACKER]
