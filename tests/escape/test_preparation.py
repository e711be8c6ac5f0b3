"""What stands ready before a call comes: instances in which a file's top level has been run, and code compiled ahead.

User code can hand nothing to the next call through them, and code that behaves differently each time is served as well.
"""

import textwrap
import time
from uuid import uuid4

import pytest

from runtime.application import Application
from tests.cloudcode.calling import app_of, over_too_soon
from tests.escape.attempts import NEIGHBOUR, PORTRAIT, SHARED, Attempt, Stage
from tests.function_url import Answer

ATTEMPTS: list[Attempt] = []

HONEST = "def price(name): return 3"
BUYER = "from shared import offer\ndef on_request(request, response): return offer.price('tea')"
EVIL_OFFER = "def price(name): return 'evil'"

# How the top level of one function could see to it that a file which others import, too, is compiled to something else.
FORGERIES = {
    "a patched compile": f"""
        import builtins
        real = builtins.compile
        builtins.compile = lambda source, path, *_, **__: real({EVIL_OFFER!r}, path, 'exec')
        """,
    "a patched compiler of the guest": f"""
        from relive_guest import sources
        sources.compiled = lambda path, source: compile({EVIL_OFFER!r}, path, 'exec')
        """,
    "a patched finder": f"""
        from relive_guest.importing import SharedFinder
        SharedFinder.get_code = lambda self, name: compile({EVIL_OFFER!r}, name, 'exec')
        SharedFinder.get_source = lambda self, name: {EVIL_OFFER!r}
        """,
    "patched sources": f"""
        from relive_guest import sources
        sources._files['shared/offer.py'] = {EVIL_OFFER!r}
        """,
    "a patched marshal": f"""
        import marshal
        evil = marshal.dumps(compile({EVIL_OFFER!r}, 'shared/offer.py', 'exec'))
        marshal.dumps = lambda *_, **__: evil
        marshal.loads = lambda *_, **__: compile({EVIL_OFFER!r}, 'shared/offer.py', 'exec')
        """,
    "patched exports": """
        import guest
        for name in [name for name in vars(guest.WitWorld) if not name.startswith('_')]:
            if name != 'handle': setattr(guest.WitWorld, name, lambda *_: '')
        """,
    "a module in its place": """
        import sys, types
        sys.modules['shared.offer'] = types.SimpleNamespace(price=lambda name: 'evil')
        """,
    "code of the module exchanged": """
        from shared import offer
        offer.price.__code__ = (lambda name: 'evil').__code__
        """,
    "a log line that looks like a definition": """
        import wit_world
        wit_world.log('{"kind": 17, "code": "evil"}')
        wit_world.log('\\x00\\x00\\x00\\x00\\x11\\x00\\x00\\x00\\x00')
        """,
}


class TestSharedCode:
    """The first function to import a shared file is the attacker's; the second must still get what stands in it."""

    @pytest.mark.parametrize("forgery", FORGERIES.values(), ids=FORGERIES)
    def test_is_what_stands_in_the_file(self, escape_application: Application, forgery: str) -> None:
        evil = f"{textwrap.dedent(forgery)}\ntry: from shared import offer\nexcept ImportError: pass\n"
        files = {
            "functions/evil.py": f"{evil}def on_request(request, response): return 'done'",
            "functions/buyer.py": BUYER,
            "shared/offer.py": HONEST,
        }
        app = f"forged-{uuid4().hex[:8]}"
        escape_application.apps.apply(app_of(files, id=app))
        stage = Stage(escape_application, [])
        for _ in range(3):
            stage.call("evil", app=app)
        assert [stage.call("buyer", app=app).json for _ in range(2)] == [3, 3]
        stage.call("evil", app=app)
        assert stage.call("buyer", app=app).json == 3


# Shared files that bring the compiler down, or that it refuses.
UNCOMPILABLE = {
    "what is no Python": "def (",
    "a null": "x = '\0'",
    "brackets in brackets": "x = " + "(" * 1000 + ")" * 1000,
    "a sum of twenty thousand": "x = " + "+".join(["1"] * 20_000),
    "a name of ten thousand parts": "x = lambda: " + ".".join(["a"] * 10_000),
    "a cookie for another encoding": "# -*- coding: rot13 -*-\nqrs k(): 1",
}


@pytest.mark.parametrize("broken", UNCOMPILABLE.values(), ids=UNCOMPILABLE)
def test_a_file_that_does_not_compile_harms_who_imports_it_alone(stage: Stage, broken: str) -> None:
    files = {
        "functions/good.py": "from shared import offer\ndef on_request(request, response): return offer.price('tea')",
        "functions/bad.py": "from shared import broken\ndef on_request(request, response): return 1",
        "shared/offer.py": HONEST,
        "shared/broken.py": broken,
    }
    app = f"broken-{uuid4().hex[:8]}"
    stage.application.apps.apply(app_of(files, id=app))
    for _ in range(2):
        assert stage.call("bad", app=app).code in (901, 951)
        assert stage.call("good", app=app).json == 3


class TestVersionsAndNames:
    def test_files_of_the_same_name_in_two_apps(self, escape_application: Application) -> None:
        stage = Stage(escape_application, [])
        for app, price in (("first-shop", 1), ("second-shop", 2)):
            offer = f"def price(name): return {price}"
            escape_application.apps.apply(app_of({"functions/buyer.py": BUYER, "shared/offer.py": offer}, id=app))
        prices = [stage.call("buyer", app=app).json for app in ("first-shop", "second-shop") * 4]
        assert prices == [1, 2] * 4

    def test_a_new_version_of_a_shared_file_alone(self, escape_application: Application) -> None:
        stage = Stage(escape_application, [])
        for price in (1, 2, 3, 1):
            offer = f"def price(name): return {price}"
            escape_application.apps.apply(app_of({"functions/buyer.py": BUYER, "shared/offer.py": offer}, id="shop"))
            assert [stage.call("buyer", app="shop").json for _ in range(3)] == [price] * 3

    def test_who_calls_is_who_called(self, escape_application: Application) -> None:
        """A prepared instance has been defined before anybody knew who would call."""
        source = "def on_request(request, response): return [request.principal.type, request.data, request.id]"
        escape_application.apps.apply(app_of({"functions/who.py": source}, id="who"))
        stage = Stage(escape_application, [])
        for n in range(4):
            told = [stage.call("who", n, app="who", anonymous=anonymous).json for anonymous in (True, False)]
            assert told == [["anonymous", n, "escape"], ["masterKey", n, "escape"]]


LATER = "import time\nif time.time() > {moment}:\n    {deed}\ndef on_request(request, response): return 'answered'"


class TestTopLevels:
    """What the top level of a file does, and does only sometimes: the instance that was prepared may be of no use."""

    # name: (what it does from some moment on, the code that calls then end with)
    DEEDS = {
        "an endless loop": ("while True: pass", 902),
        "a wait": ("import wit_world; wit_world.wait(None)", 902),
        "an exit": ("import os; os._exit(0)", 901),
        "an exception": ("1 / 0", 901),
        "all memory": ("x = [bytearray(10_000_000) for _ in iter(int, 1)]", 901),
        "a call of the host": ("import wit_world; wit_world.start('secrets.get', '{}')", 901),
        "a flood of the log": ("[print('x' * 1000) for _ in iter(int, 1)]", 902),
    }

    @pytest.mark.parametrize(("deed", "code"), DEEDS.values(), ids=DEEDS)
    def test_that_turn_bad(self, escape_application: Application, stage: Stage, deed: str, code: int) -> None:
        app = f"turns-{uuid4().hex[:8]}"
        moment = time.time() + 1
        source = LATER.format(moment=moment, deed=deed)
        escape_application.apps.apply(
            app_of({"functions/f.py": source, "functions/portrait.py": PORTRAIT, **SHARED}, id=app)
        )
        good = stage.call("f", app=app)
        assert good.json == "answered" or time.time() > moment
        time.sleep(max(0.0, moment + 0.1 - time.time()))
        # What stands ready may have been loaded before that moment, and be good for one more call.
        endings = [turned_bad(stage, app, code) for _ in range(3)]
        assert endings[0] in ("answered", code)
        assert endings[1:] == [code, code]
        assert stage.portrait(app)["works"] == [*stage.portraits[NEIGHBOUR]["works"][:-1], None]
        stage.check_unharmed()

    def test_that_leave_tasks_and_timers(self, stage: Stage) -> None:
        source = (
            "import asyncio\nran = []\nloop = asyncio.new_event_loop()\nloop.call_later(0, ran.append, 'timer')\n"
            "loop.create_task(asyncio.sleep(0))\nloop.call_soon(ran.append, 'soon')\n"
            "async def on_request(request, response):\n    await asyncio.sleep(0.05)\n    return ran"
        )
        stage.application.apps.apply(app_of({"functions/f.py": source}, id="leaves"))
        assert [stage.call("f", app="leaves").json for _ in range(3)] == [[], [], []]

    def test_that_draw_random_numbers(self, stage: Stage) -> None:
        source = (
            "import random, uuid, secrets\nAT_THE_TOP = [random.random(), uuid.uuid4().hex, secrets.token_hex(8)]\n"
            "def on_request(request, response): return [*AT_THE_TOP, random.random(), uuid.uuid4().hex]"
        )
        stage.application.apps.apply(app_of({"functions/f.py": source}, id="draws"))
        drawn = [tuple(stage.call("f", app="draws").json) for _ in range(4)]
        assert all(len({row[place] for row in drawn}) == 4 for place in range(5)), drawn

    def test_that_fail_every_time_hold_up_nobody(self, stage: Stage) -> None:
        source = "import os\nos._exit(0)\ndef on_request(request, response): return 1"
        files = {"functions/f.py": source, "functions/portrait.py": PORTRAIT, **SHARED}
        stage.application.apps.apply(app_of(files, id="fails"))
        for _ in range(20):
            assert ending(stage.call("f", app="fails")) == 901
        stage.check_unharmed()

    def test_whose_log_is_that_of_each_call(self, stage: Stage) -> None:
        source = "print('loaded')\ndef on_request(request, response): print(f'called {request.data}')"
        stage.application.apps.apply(app_of({"functions/f.py": source}, id="logs"))
        for n in range(3):
            stage.call("f", n, app="logs")
        told = [[line.message for line in record.lines] for record in stage.log_of("logs")]
        assert told == [["loaded", f"called {n}"] for n in (2, 1, 0)]


def turned_bad(stage: Stage, app: str, code: int) -> object:
    """How a call ends now, with little time where it is expected to run out."""
    if code != 902:
        return ending(stage.call("f", app=app))
    answer = stage.call("f", app=app, seconds=0.6)
    if over_too_soon(answer, loading=True):
        answer = stage.call("f", app=app, seconds=6)
    return ending(answer)


def ending(answer: Answer) -> object:
    """The value that was answered, or the code."""
    return answer.json if answer.status == 200 else answer.code
