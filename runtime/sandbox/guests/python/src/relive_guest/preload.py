"""Imports the standard library while the guest is built.

There is no file system when user code runs: a module that is not imported by then does not exist.
"""

import importlib
import pkgutil
import sys
import warnings

# Windows, screens, terminals, other processes, package tools, and two that act when imported.
NOT_USEFUL = frozenset(
    {
        "_android_support", "_apple_support", "_ios_support", "_pyrepl", "antigravity", "curses", "ensurepip",
        "idlelib", "lib2to3", "msilib", "nt", "pip", "pty", "pydoc_data", "test", "this", "tkinter", "tty", "turtle",
        "turtledemo", "venv", "webbrowser", "winreg", "winsound",
    }
)  # fmt: skip


def import_standard_library() -> None:
    """Import every module that this platform has and that makes sense here, with the modules inside packages."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for name in sorted(sys.stdlib_module_names - NOT_USEFUL):
            _import_with_submodules(name)
    _load_time_zones()


def _import_with_submodules(name: str) -> None:
    if not _try_import(name):
        return
    paths = getattr(sys.modules[name], "__path__", None)
    for entry in pkgutil.iter_modules(paths, f"{name}.") if paths else ():
        if not entry.name.endswith(("__main__", ".test", ".tests")) and "idle" not in entry.name:
            _import_with_submodules(entry.name)


def _try_import(name: str) -> bool:
    try:
        importlib.import_module(name)
    except BaseException:  # what WASI lacks fails in many ways, not with ImportError alone
        return False
    return True


def _load_time_zones() -> None:
    """Hold the time zone database of the tzdata package in memory and have zoneinfo read it from there."""
    import io
    import zoneinfo
    from importlib import resources

    names = frozenset(resources.files("tzdata").joinpath("zones").read_text().split())
    zones = {name: resources.files("tzdata").joinpath("zoneinfo", *name.split("/")).read_bytes() for name in names}

    def load_tzdata(key: str) -> io.BytesIO:
        try:
            return io.BytesIO(zones[key])
        except KeyError:
            raise zoneinfo.ZoneInfoNotFoundError(f"No time zone found with key {key}") from None

    from zoneinfo import _common, _tzpath

    _common.load_tzdata = load_tzdata  # type: ignore[assignment]
    _tzpath.TZPATH = ()
    zoneinfo.available_timezones = lambda: set(names)
