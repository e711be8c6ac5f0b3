"""What user code can import, and the sentence it gets for what it cannot."""

import pytest

from tests.sandbox.guest_calls import Call, plain

HTTP = "Use `from cloud import http` instead."
WITHOUT = "The sandbox's standard library is without it."
ONLY = "Only the standard library, `cloud`, and the files of the app's own `shared` folder can be imported."

# name: (statement, module, what to use)
REFUSED: dict[str, tuple[str, str, str]] = {
    "requests": ("import requests", "requests", HTTP),
    "httpx": ("import httpx", "httpx", HTTP),
    "aiohttp": ("import aiohttp", "aiohttp", HTTP),
    "a submodule": ("from requests.adapters import HTTPAdapter", "requests", HTTP),
    "urllib.request": ("import urllib.request", "urllib.request", HTTP),
    "urllib.request by from": ("from urllib import request", "urllib.request", HTTP),
    "urllib.request's functions": ("from urllib.request import urlopen", "urllib.request", HTTP),
    "http.client": ("from http.client import HTTPSConnection", "http.client", HTTP),
    "http.client by from": ("from http import client", "http.client", HTTP),
    "socket": ("import socket", "socket", f"There are no sockets. {HTTP}"),
    "ssl": ("import ssl", "ssl", f"There are no sockets. {HTTP}"),
    "select": ("import select", "select", f"There are no sockets. {HTTP}"),
    "xmlrpc.client": ("import xmlrpc.client", "xmlrpc.client", f"There are no sockets. {HTTP}"),
    "smtplib": ("import smtplib", "smtplib", f"There are no sockets. Send mail with a service's HTTP API. {HTTP}"),
    "http.server": ("import http.server", "http.server", "A function is called through its own URL; write `on_request`."),
    "flask": ("from flask import Flask", "flask", "A function is called through its own URL; write `on_request`."),
    "boto3": ("import boto3", "boto3", f"There are no credentials in the sandbox. {HTTP}"),
    "subprocess": ("import subprocess", "subprocess", "There are no processes in the sandbox. Use asyncio for work that overlaps."),
    "multiprocessing": ("from multiprocessing import Pool", "multiprocessing", "There are no processes in the sandbox. Use asyncio for work that overlaps."),
    "lzma": ("import lzma", "lzma", "Use zlib or gzip instead."),
    "pytz": ("import pytz", "pytz", "Use zoneinfo and datetime instead."),
    "dateutil": ("from dateutil.parser import parse", "dateutil", "Use zoneinfo and datetime instead."),
    "yaml": ("import yaml", "yaml", "Use json or tomllib instead."),
    "dotenv": ("from dotenv import load_dotenv", "dotenv", "There are no environment variables. Use `from cloud import secrets`."),
    "ctypes": ("import ctypes", "ctypes", "The sandbox has none of this."),
    "numpy": ("import numpy as np", "numpy", ONLY),
    "a module that nobody has": ("import no_such_module", "no_such_module", ONLY),
    "a submodule that nobody has": ("import json.no_such_part", "json.no_such_part", WITHOUT),
    "curses": ("import curses", "curses", WITHOUT),
    "compression.zstd": ("import compression.zstd", "compression.zstd", WITHOUT),
    "a shared file that is not there": ("import shared.nope", "shared.nope", "The app has no file shared/nope.py."),
    "a shared file by from": ("from shared import nope", "shared.nope", "The app has no file shared/nope.py."),
    "a name in it": ("from shared.nope import x", "shared.nope", "The app has no file shared/nope.py."),
    "a shared file as an attribute": ("import shared; shared.nope", "shared.nope", "The app has no file shared/nope.py."),
    "a shared file without its folder": ("import prices", "prices", "The app's own file is imported with `from shared import prices`."),
    "another function": ("from functions import other", "functions", "What functions share goes into the folder `shared`: `from shared import prices`."),
    "another function, relative": ("from . import other", "functions", "What functions share goes into the folder `shared`: `from shared import prices`."),
    "by name": ("import importlib; importlib.import_module('requests')", "requests", HTTP),
    "by __import__": ("__import__('requests')", "requests", HTTP),
}  # fmt: skip


@pytest.mark.parametrize("place", ["at the top", "in the handler"])
@pytest.mark.parametrize(("statement", "module", "advice"), REFUSED.values(), ids=REFUSED)
def test_what_is_not_there_says_what_to_use(call: Call, statement: str, module: str, advice: str, place: str) -> None:
    source = f"{statement}\n{plain('pass')}" if place == "at the top" else plain(statement)
    expected = "ModuleNotFoundError", f"No module named {module!r} in the sandbox. {advice}"
    assert call(source, shared={"prices": ""}).error == expected


def test_code_can_do_without(call: Call) -> None:
    source = plain("""
        try: import orjson as parser
        except ImportError as error: import json as parser; name = error.name
        return [parser.loads("[1]"), name]
        """)
    assert call(source).value == [[1], "orjson"]


def test_a_name_that_a_module_does_not_have_is_told_as_ever(call: Call) -> None:
    exception, message = call(plain("from json import no_such_name")).error
    assert exception == "ImportError"
    assert message.startswith("cannot import name 'no_such_name' from 'json'")


SHARED = {
    "prices": "VAT = 0.2\ndef gross(net): return net + net * VAT\n",
    "orders": "from shared.prices import gross\nfrom shared import prices\ndef total(nets): return sum(map(gross, nets))\n",
    "relative": "from . import prices\nfrom .prices import VAT\ndouble = VAT * 2\n",
    "books": "from dataclasses import dataclass\n@dataclass\nclass Book:\n    title: str\n    copies: int = 1\n",
    "first": "from shared import second\nname = 'first'\ndef other(): return second.name\n",
    "second": "from shared import first\nname = 'second'\ndef other(): return first.name\n",
    "needs_early": "from shared.needs_late import name\nearly = 1\n",
    "needs_late": "from shared.needs_early import early\nname = 'late'\n",
    "counter": "count = 0\ndef more():\n    global count\n    count += 1\n    return count\n",
    "clouded": "from cloud import CloudError, log\ndef fail(): log.info('failing'); raise CloudError('shared', code=7)\n",
    "failing": "raise ValueError('while loading')\n",
    "broken": "x = (\n",
    "calling": "from cloud import http\nhttp.get('https://echo.test')\n",
    "json": "def loads(text): return 'shared'\n",
}

# name: (body of a handler, value)
FORMS: dict[str, tuple[str, object]] = {
    "import shared.x": ("import shared.prices\nreturn shared.prices.VAT", 0.2),
    "import shared.x as": ("import shared.prices as p\nreturn p.VAT", 0.2),
    "from shared import x": ("from shared import prices\nreturn prices.gross(10)", 12.0),
    "from shared.x import": ("from shared.prices import gross\nreturn gross(10)", 12.0),
    "from shared.x import *": ("exec('from shared.prices import *', scope := {})\nreturn scope['VAT']", 0.2),
    "import shared": ("import shared\nreturn shared.prices.VAT", 0.2),
    "one shared file imports another": ("from shared.orders import total\nreturn total([10, 20])", 36.0),
    "relative between shared files": ("from shared.relative import double\nreturn double", 0.4),
    "files that import each other": ("from shared import first, second\nreturn [first.other(), second.other()]", ["second", "first"]),
    "dataclasses": ("from shared.books import Book\nreturn Book('Emma')", {"title": "Emma", "copies": 1}),
    "a module is loaded once": ("from shared import counter\nimport shared.counter as again\ncounter.more()\nreturn [again.more(), again is counter]", [2, True]),
    "its file and name": ("from shared import prices\nreturn [prices.__name__, prices.__file__, prices.__package__]", ["shared.prices", "shared/prices.py", "shared"]),
    "the standard library keeps its names": ("import json\nfrom shared import json as own\nreturn [json.loads('1'), own.loads('1')]", [1, "shared"]),
    "its source": ("import inspect\nfrom shared.prices import gross\nreturn inspect.getsource(gross)", "def gross(net): return net + net * VAT\n"),
    "hasattr": ("import shared\nreturn [hasattr(shared, '__all__'), hasattr(shared, '__file__')]", [False, False]),
}  # fmt: skip


@pytest.mark.parametrize(("body", "value"), FORMS.values(), ids=FORMS)
def test_shared_files(call: Call, body: str, value: object) -> None:
    assert call(plain(body), shared=SHARED).value == value


def test_names_that_need_each_other_are_told_with_the_file(call: Call) -> None:
    outcome = call(plain("import shared.needs_early"), shared=SHARED)
    exception, message = outcome.error
    assert exception == "ImportError"
    assert "partially initialized module 'shared.needs_early'" in message
    assert [frame["file"] for frame in outcome.failure["frames"]] == [
        "functions/f.py",
        "shared/needs_early.py",
        "shared/needs_late.py",
    ]


def test_an_error_of_a_shared_file_ends_the_call_as_one_of_its_own(call: Call) -> None:
    outcome = call(plain("from shared import clouded\nclouded.fail()"), shared=SHARED)
    assert (outcome.told["ending"], outcome.told["code"], outcome.told["message"]) == ("error_set", 7, "shared")
    assert outcome.log == [("info", "failing")]


# name: (source, ending, exception, file, line)
BROKEN = {
    "fails while it loads": ("import shared.failing", "failed", "ValueError", "shared/failing.py", 1),
    "fails while it loads, later": (plain("import shared.failing"), "failed", "ValueError", "shared/failing.py", 1),
    "does not compile": ("import shared.broken", "does_not_compile", "SyntaxError", "shared/broken.py", 1),
    "does not compile, later": (
        plain("import shared.broken"),
        "does_not_compile",
        "SyntaxError",
        "shared/broken.py",
        1,
    ),
    "calls the host at its top level": ("import shared.calling", "failed", "RuntimeError", "shared/calling.py", 2),
}


@pytest.mark.parametrize(("source", "ending", "exception", "file", "line"), BROKEN.values(), ids=BROKEN)
def test_shared_files_that_are_broken(
    call: Call, source: str, ending: str, exception: str, file: str, line: int
) -> None:
    told = call(source, shared=SHARED).told
    assert told["ending"] == ending
    assert [told["details"][name] for name in ("type", "file", "line")] == [exception, file, line]
