"""What user code can import: the standard library, `cloud`, and the files of its own `shared` folder."""

import importlib.abc
import importlib.machinery
import sys
from collections.abc import Sequence
from types import CodeType, ModuleType
from typing import Any

from relive_guest import sources

HTTP = "Use `from cloud import http` instead."
NO_SOCKETS = f"There are no sockets. {HTTP}"
NO_PROCESSES = "There are no processes in the sandbox. Use asyncio for work that overlaps."
NO_SERVERS = "A function is called through its own URL; write `on_request`."
NO_MAIL = f"There are no sockets. Send mail with a service's HTTP API. {HTTP}"

WHAT_TO_USE = {
    **dict.fromkeys(("requests", "httpx", "urllib3", "aiohttp", "httplib2", "urllib.request", "http.client"), HTTP),
    **dict.fromkeys(("socket", "_socket", "ssl", "_ssl", "select", "selectors", "socketserver"), NO_SOCKETS),
    **dict.fromkeys(("ftplib", "telnetlib", "xmlrpc.client", "websockets", "paramiko"), NO_SOCKETS),
    **dict.fromkeys(("smtplib", "imaplib", "poplib", "nntplib"), NO_MAIL),
    **dict.fromkeys(("http.server", "flask", "fastapi", "django", "starlette"), NO_SERVERS),
    **dict.fromkeys(("boto3", "botocore"), f"There are no credentials in the sandbox. {HTTP}"),
    **dict.fromkeys(("subprocess", "_posixsubprocess", "multiprocessing", "_multiprocessing", "pty"), NO_PROCESSES),
    **dict.fromkeys(("bz2", "_bz2", "lzma", "_lzma"), "Use zlib or gzip instead."),
    **dict.fromkeys(("pytz", "dateutil", "arrow", "pendulum"), "Use zoneinfo and datetime instead."),
    **dict.fromkeys(("orjson", "ujson", "simplejson"), "Use json instead."),
    **dict.fromkeys(("yaml", "toml"), "Use json or tomllib instead."),
    **dict.fromkeys(("dotenv", "decouple"), "There are no environment variables. Use `from cloud import secrets`."),
    **dict.fromkeys(("ctypes", "_ctypes", "mmap", "fcntl", "resource", "termios"), "The sandbox has none of this."),
    "functions": "What functions share goes into the folder `shared`: `from shared import prices`.",
}  # fmt: skip

# Importable when the guest is built, because the standard library itself needs them, but of no use to user code.
HIDDEN = (
    "socket", "_socket", "selectors", "select", "socketserver", "http.client", "http.server", "urllib.request",
    "ftplib", "imaplib", "poplib", "smtplib", "xmlrpc.client", "subprocess", "multiprocessing",
)  # fmt: skip


class SharedFinder(importlib.abc.MetaPathFinder, importlib.abc.InspectLoader):
    """Imports `shared.NAME` from the app's own files, and knows the source of all of them."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        if fullname == "shared":
            return importlib.machinery.ModuleSpec(fullname, self, is_package=True)
        if sources.has(file_of(fullname)) and fullname.startswith("shared."):
            return importlib.machinery.ModuleSpec(fullname, self, origin=file_of(fullname))
        return None

    def get_source(self, fullname: str) -> str:
        return sources.text(file_of(fullname))

    def get_code(self, fullname: str) -> CodeType:
        return sources.code(file_of(fullname))

    def exec_module(self, module: ModuleType) -> None:
        if module.__name__ == "shared":
            module.__getattr__ = _submodule  # type: ignore[method-assign]
            return
        module.__file__ = file_of(module.__name__)
        exec(self.get_code(module.__name__), module.__dict__)


class HiddenModules(importlib.abc.MetaPathFinder):
    """The first to be asked, before the finder of those that are built into the interpreter."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        if fullname in HIDDEN:
            raise missing(fullname)
        return None


class MissingModules(importlib.abc.MetaPathFinder):
    """The last to be asked: says what to use in place of what is not there."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        raise missing(fullname)


def missing(module: str) -> ModuleNotFoundError:
    """The error for a module that is not there."""
    error = ModuleNotFoundError(f"No module named {module!r} in the sandbox. {advice(module)}", name=module)
    if module in WHAT_TO_USE and "." in module:
        error.name = None  # else `from urllib import request` would replace this error by one without advice
    return error


def _submodule(name: str) -> Any:
    """An attribute of `shared` that is not there yet: a file of the app, or an error that says so."""
    if name.startswith("__"):
        raise AttributeError(f"module 'shared' has no attribute {name!r}")
    return importlib.import_module(f"shared.{name}")


def file_of(module: str) -> str:
    """The path inside the app folder of a module: `shared/prices.py` for `shared.prices`."""
    return module.replace(".", "/") + ".py"


def advice(module: str) -> str:
    """What to use in place of a module that is not there."""
    if module.startswith("shared."):
        return f"The app has no file {file_of(module)}."
    if sources.has(f"shared/{file_of(module)}"):
        return f"The app's own file is imported with `from shared import {module}`."
    for name in (module, module.partition(".")[0]):
        if name in WHAT_TO_USE:
            return WHAT_TO_USE[name]
    if module.partition(".")[0] in sys.stdlib_module_names:
        return "The sandbox's standard library is without it."
    return "Only the standard library, `cloud`, and the files of the app's own `shared` folder can be imported."


def close_library() -> None:
    """Take away the modules that cannot work here, and the search of a file system that is not there."""
    for name in list(sys.modules):
        if name in HIDDEN or name.startswith(tuple(f"{hidden}." for hidden in HIDDEN)):
            parent, _, child = name.rpartition(".")
            if parent in sys.modules:
                vars(sys.modules[parent]).pop(child, None)
            del sys.modules[name]
    sys.meta_path[:] = [HiddenModules()] + [
        finder
        for finder in sys.meta_path
        if finder is not importlib.machinery.PathFinder and finder.__class__.__name__ != "EditableFinder"
    ]
    sys.meta_path.append(MissingModules())


def offer_shared() -> SharedFinder:
    """Make the app's own files importable."""
    finder = SharedFinder()
    sys.meta_path.insert(0, finder)
    return finder
