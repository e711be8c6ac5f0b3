"""A cloud function that tells all it can of the interpreter it runs in; the tests beside it serve it to both apps.

Every attribute of the modules that matter most, and of the classes in them, is told by its identity, which is the same
in each instance of the snapshot; what can be changed without being replaced by its value; and some things by what they
come out as.
"""

import asyncio
import codecs
import datetime
import decimal
import gc
import json
import locale
import logging
import os
import random
import re
import signal
import sys
import threading
import warnings
from types import ModuleType
from typing import Any

from cloud import Request, secrets, time_left
from shared import stock  # type: ignore[import-not-found]

MATTER_MOST = {
    "builtins", "cloud", "datetime", "guest", "importlib", "json", "marshal", "os", "random", "relive_guest", "time",
    "wit_world",
}  # fmt: skip

CHANGES_WITH_EACH_CALL = ("sys", "shared", "functions")
"""Modules, and packages, of which a call makes new parts before it gets here."""


def on_request(request: Request) -> dict[str, Any]:
    names = sorted(name for name in sys.modules if package_of(name) not in CHANGES_WITH_EACH_CALL)
    looked_at = [name for name in names if package_of(name) in MATTER_MOST]
    return {
        "modules": len(names),
        "names": hash(tuple(names)),
        "looked at": len(looked_at),
        "attributes": hash(tuple(identities(sys.modules[name]) for name in looked_at)),
        "sys": {name: type(value).__name__ for name, value in vars(sys).items()},
        "state": state(),
        "works": works(request),
    }


def package_of(module: str) -> str:
    return module.partition(".")[0]


def identities(module: ModuleType) -> int:
    classes = [value for value in vars(module).values() if isinstance(value, type) and is_of(module, value)]
    return hash(
        tuple(hash((tuple(held), tuple(map(id, held.values())))) for held in (vars(module), *map(vars, classes)))
    )


def is_of(module: ModuleType, value: type) -> bool:
    return value.__module__ == module.__name__


def state() -> dict[str, Any]:
    """What is changed in place, or behind a function."""
    context = decimal.getcontext()
    return {
        "meta_path": [getattr(finder, "__name__", type(finder).__name__) for finder in sys.meta_path],
        "paths": [sys.path, sys.argv, sys.warnoptions, len(sys.path_hooks), len(sys.path_importer_cache)],
        "streams": [type(stream).__name__ for stream in (sys.stdin, sys.stdout, sys.stderr)],
        "limits": [sys.getrecursionlimit(), sys.getswitchinterval(), sys.get_int_max_str_digits()],
        "hooks": [sys.gettrace(), sys.getprofile(), sys.excepthook is sys.__excepthook__],
        "gc": [gc.isenabled(), gc.get_threshold(), len(gc.callbacks), gc.get_debug()],
        "environment": [dict(os.environ), os.getcwd(), locale.setlocale(locale.LC_ALL)],
        "warnings": len(warnings.filters),
        "logging": [logging.root.level, len(logging.root.handlers), logging.root.manager.disable],
        "decimal": [context.prec, context.rounding],
        "threads": [
            threading.active_count(),
            len(threading._shutdown_locks if hasattr(threading, "_shutdown_locks") else ()),
        ],
        "signals": [str(signal.getsignal(number)) for number in (signal.SIGTERM, signal.SIGINT)],
        "loop": [type(asyncio.get_event_loop()).__name__, len(asyncio.all_tasks(asyncio.get_event_loop()))],
    }


def works(request: Request) -> list[Any]:
    """What simple things come out as."""
    random_ones = {random.random() for _ in range(3)}
    return [
        len("abc"), sum(range(10)), sorted([3, 1, 2]), isinstance(1, int), str(12.5), f"{7:03}",
        json.loads(json.dumps({"a": [1, 2.5, None, True], "b": {"c": "d"}})),
        datetime.datetime(2020, 1, 2, 3, 4, 5, tzinfo=datetime.UTC).isoformat(), datetime.datetime.now(datetime.UTC).year >= 2025,
        decimal.Decimal(1) / 3 == decimal.Decimal("0.3333333333333333333333333333"),
        re.sub("(b+)", r"<\1>", "abba"), codecs.decode("uryyb", "rot13"), "é".encode().decode("utf-8"),
        len(random_ones), 0 < time_left() <= 60, request.action, request.principal.type, request.data,
        stock.count, stock.price("tea"), secrets.get("KEY"),
    ]  # fmt: skip
