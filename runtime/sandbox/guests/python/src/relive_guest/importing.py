"""What user code can import: the standard library, `cloud`, and the files of its own `shared` folder."""

import importlib.abc
import importlib.machinery
import sys
from collections.abc import Mapping, Sequence
from types import CodeType, ModuleType

HTTP = "Use `from cloud import http` instead."
NO_PROCESSES = "There are no processes in the sandbox. Use asyncio for work that overlaps."

WHAT_TO_USE = {
    **dict.fromkeys(("requests", "httpx", "urllib3", "aiohttp", "httplib2", "urllib.request", "http.client"), HTTP),
    **dict.fromkeys(("socket", "_socket", "ssl", "_ssl", "select", "selectors", "socketserver"), f"There are no sockets. {HTTP}"),
    **dict.fromkeys(("http.server", "wsgiref", "flask", "fastapi", "django"), "A function is called through its own URL; write `on_request`."),
    **dict.fromkeys(("ftplib", "imaplib", "poplib", "smtplib", "nntplib", "telnetlib", "xmlrpc.client"), f"There are no sockets. {HTTP}"),
    **dict.fromkeys(("boto3", "botocore"), "There are no credentials in the sandbox. " + HTTP),
    **dict.fromkeys(("subprocess", "_posixsubprocess", "multiprocessing", "_multiprocessing", "pty"), NO_PROCESSES),
    **dict.fromkeys(("sqlite3", "dbm"), "There is no file system in the sandbox."),
    **dict.fromkeys(("bz2", "_bz2", "lzma", "_lzma"), "Use zlib or gzip instead."),
    **dict.fromkeys(("pytz", "dateutil"), "Use zoneinfo and datetime instead."),
    **dict.fromkeys(("ctypes", "_ctypes", "mmap", "fcntl", "resource", "termios"), "The sandbox has no such system interface."),
}  # fmt: skip

# Importable when the guest is built, because the standard library itself needs them, but of no use to user code.
HIDDEN = (
    "socket", "_socket", "selectors", "select", "socketserver", "http.client", "http.server", "urllib.request",
    "ftplib", "imaplib", "poplib", "smtplib", "xmlrpc.client", "subprocess", "multiprocessing",
)  # fmt: skip


class SharedFinder(importlib.abc.MetaPathFinder, importlib.abc.InspectLoader):
    """Imports `shared.NAME` from the app's own files."""

    def __init__(self, files: Mapping[str, str]) -> None:
        self._files = files

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        if fullname == "shared":
            return importlib.machinery.ModuleSpec(fullname, self, is_package=True)
        if file_of(fullname) in self._files and fullname.startswith("shared."):
            return importlib.machinery.ModuleSpec(fullname, self, origin=file_of(fullname))
        return None

    def get_source(self, fullname: str) -> str:
        return self._files.get(file_of(fullname), "")

    def get_code(self, fullname: str) -> CodeType:
        return compile(self.get_source(fullname), file_of(fullname), "exec", dont_inherit=True)

    def exec_module(self, module: ModuleType) -> None:
        if module.__spec__ is not None and module.__spec__.origin:
            module.__file__ = module.__spec__.origin
        exec(self.get_code(module.__name__), module.__dict__)


class MissingModules(importlib.abc.MetaPathFinder):
    """The last to be asked: says what to use in place of what is not there."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        raise ModuleNotFoundError(f"No module named {fullname!r} in the sandbox. {advice(fullname)}", name=fullname)


def file_of(module: str) -> str:
    """The path inside the app folder of a module: `shared/prices.py` for `shared.prices`."""
    return module.replace(".", "/") + ".py"


def advice(module: str) -> str:
    """What to use in place of a module that is not there."""
    if module.startswith("shared."):
        return f"The app has no file {file_of(module)}."
    for name in (module, module.partition(".")[0]):
        if name in WHAT_TO_USE:
            return WHAT_TO_USE[name]
    return "Only the standard library, `cloud`, and the files of the app's own `shared` folder can be imported."


def close_library() -> None:
    """Take away the modules that cannot work here, and the search of a file system that is not there."""
    for name in list(sys.modules):
        if name in HIDDEN or name.startswith(tuple(f"{hidden}." for hidden in HIDDEN)):
            parent, _, child = name.rpartition(".")
            if parent in sys.modules:
                vars(sys.modules[parent]).pop(child, None)
            del sys.modules[name]
    sys.meta_path[:] = [
        finder for finder in sys.meta_path if finder is not importlib.machinery.PathFinder and finder.__class__.__name__ != "EditableFinder"
    ]
    sys.meta_path.append(MissingModules())


def offer_shared(files: Mapping[str, str]) -> None:
    sys.meta_path.insert(0, SharedFinder(files))
