"""What user code can find by looking around in its interpreter, and at the door to the host: nothing that helps."""

import pytest

from tests.escape.attempts import ABORTED, OUT_OF_TIME, Answers, Attempt, Fails, Stage, rows

pytestmark = pytest.mark.slow

NO_HOST_YET = Fails(901, "SandboxCrash", "the top level of a file tried to call the host")
UNSOUND = Fails(901, "SandboxCrash")

ALL_CLASSES = """
def below(cls):
    for inner in type.__subclasses__(cls):
        if inner is not type:
            yield inner
            yield from below(inner)
classes = {f'{cls.__module__}.{cls.__name__}': cls for cls in below(object)}
"""

ASK = """
import wit_world
def ask(capability, arguments='{}'):
    wit_world.start(capability, arguments if isinstance(arguments, str) else json.dumps(arguments))
    told = json.loads(wit_world.wait(None)[1])
    return told['value'] if 'value' in told else told['error'].get('kind') or told['error']['code']
"""
"""Asks the host past the guest's own library."""

RUNTIME = "import componentize_py_runtime as runtime\n"

LOOKING = [
    Attempt("the frames below", """
        frame, names = sys._getframe(), []
        while frame: names.append(frame.f_code.co_name); frame = frame.f_back
        return names
        """, Answers(["on_request", "run", "_run_function", "handle", "handle"])),
    Attempt("processes among all classes", ALL_CLASSES + "classes['subprocess.Popen'](['id'])", Fails(901, "OSError", "does not support processes")),
    Attempt("sockets among all classes", ALL_CLASSES + "classes['_socket.socket'](1, 6)", Fails(901, "PermissionError")),
    Attempt("the system by way of a class", """
        cls = next(cls for cls in ().__class__.__base__.__subclasses__() if cls.__name__ == 'catch_warnings')
        return cls.__init__.__globals__['__builtins__']['__import__']('os').system('id')
        """, Fails(901, "AttributeError")),
    Attempt("the system by way of a loader", """
        loader = next(cls for cls in ().__class__.__base__.__subclasses__() if cls.__name__ == 'BuiltinImporter')
        return loader.load_module('posix').system('id')
        """, Fails(901, "AttributeError")),
    Attempt("objects of the engine", """
        gc.unfreeze()
        modules = {type(found).__module__.partition('.')[0] for found in gc.get_objects()}
        return sorted(modules & {'wasmtime', 'runtime', 'ctypes', 'pydantic', 'aws_lambda_powertools'})
        """, Answers([])),
    Attempt("data of an earlier call", """
        gc.unfreeze()
        wanted = ''.join(reversed('llac-reilrae-na-fo-atad'))
        held = (held for holder in gc.get_objects() for held in gc.get_referents(holder) if isinstance(held, str))
        return [text for text in held if wanted in text]
        """, Answers([])),
    Attempt("an object made of a number", """
        import pickle
        class Made:
            def __reduce__(self): return (eval, ('__import__("os").system("id")',))
        pickle.loads(pickle.dumps(Made()))
        """, Fails(901, "AttributeError")),
    Attempt("a trace function that raises", "sys.settrace(lambda *_: 1 / 0)\nreturn json.dumps(1)", Fails(901, "ZeroDivisionError")),
    Attempt("a monitor that raises", """
        monitoring = sys.monitoring
        monitoring.use_tool_id(5, 'monitor')
        monitoring.register_callback(5, monitoring.events.PY_START, lambda *_: 1 / 0)
        monitoring.set_events(5, monitoring.events.PY_START)
        return json.dumps(1)
        """, UNSOUND),
]  # fmt: skip

UNSAFE_CODE = [
    Attempt("code with a constant out of reach", """
        import opcode
        def made(): return 1
        load, leave = opcode.opmap['LOAD_CONST'], opcode.opmap['RETURN_VALUE']
        made.__code__ = made.__code__.replace(co_code=bytes([128, 0, load, 250, leave, 0]), co_consts=())
        return repr(made())
        """, UNSOUND),
    Attempt("code that empties the stack", """
        import opcode
        def made(): return 1
        made.__code__ = made.__code__.replace(co_code=bytes([128, 0] + [opcode.opmap['POP_TOP'], 0] * 100_000))
        made()
        """, UNSOUND),
    Attempt("marshalled garbage", "import marshal; marshal.loads(b'\\xe3' + b'\\x00' * 200)", Fails(901, "ValueError", "bad marshal data")),
    Attempt("marshalled without end", "import marshal; marshal.loads(b'[\\x01\\0\\0\\0' * 100_000)", Fails(901, "ValueError", "recursion limit")),
    Attempt("marshalled code that was changed", """
        import marshal
        exec(marshal.loads(marshal.dumps(compile('x = 1', 'a', 'exec'))[:-40] + b'\\xff' * 40))
        """, Fails(901, "ValueError", "bad marshal data")),
]  # fmt: skip

THE_DOOR = [
    Attempt("capabilities that nobody offers", ASK + """
names = ['', '\\n', 'secrets', 'SECRETS.GET', 'secrets.get ', 'secrets.get\\0', '../secrets.get', '__class__', 'x' * 100_000,
         'event.affected_ids', 'event.originals', 'apps.apply', 'store.get', 'settings', 'breaker.enable', 'secrets.set']
return sorted({ask(name) for name in names})
""", Answers(["UnknownCapability"])),
    Attempt("arguments in the name of a capability", ASK + "return ask('secrets.get\\n{\"name\": \"KEY\"}', '{}')", Answers("InvalidArguments")),
    Attempt("arguments that are none", ASK + """
odd = ['', 'null', '[]', '1', '"text"', '{', '{"name": 1e999}', '{"name": NaN}', '{"name": Infinity}', '\\ufeff{}', '{}{}', '{"name": "KEY"}\\0',
       '{"name": ' + '9' * 5000 + '}', '[' * 100_000, '{"a":' * 300 + '1' + '}' * 300, "{'name': 'KEY'}"]
return sorted({ask('secrets.get', arguments) for arguments in odd})
""", Answers(["InvalidArguments"])),
    Attempt("arguments of the wrong kind", ASK + """
kinds = [None, 1, 1.5, True, [], {}, ['KEY']]
return [sorted({ask('secrets.get', {'name': kind}) for kind in kinds}),
        sorted({ask('functions.call', {'name': kind}) for kind in kinds}),
        sorted({ask('data.find', {'type': kind}) for kind in kinds})]
""", Answers([["TypeError"], ["InvalidArguments"], ["InvalidArguments"]])),
    Attempt("one argument twice", ASK + "return [ask('secrets.get', '{\"name\": \"KEY\", \"name\": \"OTHER\"}')]", Answers([None])),
    Attempt("the neighbour's secret", ASK + """
names = ['alice/KEY', '../alice/KEY', 'alice', 'KEY\\0', 'secrets/alice', 'KEY/../../alice/KEY']
return [[ask('secrets.get', {'name': name, 'app': 'alice', 'app_id': 'alice'}) for name in names], ask('secrets.get', {'name': 'KEY', 'app': 'alice'})]
""", Answers([[None] * 6, "[secret KEY]"])),
    Attempt("the neighbour's function", ASK + "return ask('functions.call', {'name': 'portrait', 'app': 'alice', 'app_id': 'alice'})['body']['works'][-1]", Answers("[secret KEY]")),
    Attempt("a function that is no function", ASK + """
names = ['../functions/closed', 'functions/closed', 'closed.py', 'shared/stock', 'types/Book', 'on_request', 'closed\\0', '']
return sorted({ask('functions.call', {'name': name, 'master': True}) for name in names})
""", Answers([600])),
    Attempt("a principal in the arguments", """
        import wit_world
        for master in ('true', 1, [True], {'a': True}):
            told = {'name': 'who', 'master': master, 'principal': {'type': 'masterKey'}, 'roles': ['masterKey']}
            wit_world.start('functions.call', json.dumps(told))
        return [json.loads(wit_world.wait(None)[1])['value']['body'] for _ in range(4)]
        """, Answers(["anonymous"] * 4), anonymous=True),
    Attempt("texts that are none", "import wit_world; wit_world.start(None, 5)", ABORTED),
    Attempt("bytes for a text", "import wit_world; wit_world.start(b'secrets.get', b'{}')", ABORTED),
    Attempt("half a character", "import wit_world; wit_world.start('\\ud800', '{}')", ABORTED),
    Attempt("half a character in the log", "import wit_world; wit_world.log('\\udfff')", ABORTED),
    Attempt("a wait beyond all numbers", "import wit_world; wit_world.wait(2 ** 40)", ABORTED),
    Attempt("a wait below zero", "import wit_world; wit_world.wait(-1)", ABORTED),
    Attempt("a wait for nothing", "import wit_world; wit_world.wait(None)", OUT_OF_TIME, seconds=0.7),
    Attempt("a wait for a reply that has come", ASK + "ask('secrets.get', {'name': 'KEY'}); wit_world.wait(None)", OUT_OF_TIME, seconds=0.7),
    Attempt("an import that is not there", RUNTIME + "runtime.call_import(10_000, ['a', 'b'])", ABORTED),
    Attempt("an import before the first", RUNTIME + "runtime.call_import(-1, [])", Fails(901, "OverflowError")),
    Attempt("too few arguments for an import", RUNTIME + "runtime.call_import(0, [])", ABORTED),
    Attempt("arguments of an import of the wrong kind", RUNTIME + "runtime.call_import(0, [[], {}])", ABORTED),
    Attempt("a resource that nobody holds", RUNTIME + "runtime.drop_resource(0, 0)", UNSOUND),
]  # fmt: skip

TOP_LEVEL = [
    Attempt("the host from the top level", """
import wit_world
wit_world.start('secrets.get', '{"name": "KEY"}')
def on_request(request, response): return 1
""", NO_HOST_YET),
    Attempt("the host from the top level, caught", """
import wit_world
try: wit_world.start('secrets.get', '{"name": "KEY"}')
except BaseException: pass
def on_request(request, response): return 1
""", NO_HOST_YET),
    Attempt("the guest's own door, opened at the top level", """
from cloud import secrets
from relive_guest import host
host.open_door()
KEY = secrets.get('KEY')
def on_request(request, response): return KEY
""", NO_HOST_YET),
    Attempt("a handler run by the top level", """
import guest, json
def on_request(request, response):
    from cloud import secrets
    return secrets.get('KEY')
request = {'id': '', 'function': '', 'action': 'GET', 'data': None, 'query_string': {}, 'headers': {}, 'custom_parameters': {}, 'api_url': '',
           'principal': {'type': 'masterKey', 'id': '', 'roles': [], 'data': {}}}
import sys
from relive_guest.definition import Definition
guest._definitions.append(Definition(sys.modules[__name__], __name__))
EARLY = guest.WitWorld().handle(json.dumps({'handler': 'on_request', 'time_left': 60, 'request': request}))
""", NO_HOST_YET),
    Attempt("a wait at the top level", """
import wit_world
wit_world.wait(None)
def on_request(request, response): return 1
""", Fails(902, words="Loading functions/a_wait_at_the_top_level.py"), seconds=0.7),
    Attempt("a definition inside the handler", """
        import guest
        files = {'functions/other.py': 'def on_request(request, response): return "other"'}
        told = guest.WitWorld().define(json.dumps({'entry': 'functions/other.py', 'files': files}))
        return [told, len(guest._definitions)]
        """, Answers(["", 2])),
    Attempt("a definition inside the handler that asks the host", ASK + """
import guest
source = 'import wit_world\\nnumber = wit_world.start("secrets.get", \\'{"name": "NONE"}\\')'
told = guest.WitWorld().define(json.dumps({'entry': 'functions/other.py', 'files': {'functions/other.py': source}}))
return [told, json.loads(wit_world.wait(None)[1])]
""", Answers(["", {"value": None}])),
    Attempt("the guest's definitions taken away", "import guest; guest._definitions.clear(); return 'still here'", Answers("still here")),
]  # fmt: skip

ATTEMPTS = [*LOOKING, *UNSAFE_CODE, *THE_DOOR, *TOP_LEVEL]

MORE_FUNCTIONS = {"who": "def on_request(request, response): return request.principal.type"}


@rows(ATTEMPTS)
def test_attempt(stage: Stage, attempt: Attempt) -> None:
    stage.call("portrait", "data-of-an-earlier-call")
    stage.carry_out(attempt)
