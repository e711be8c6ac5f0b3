"""What `relive doctor` looks at: each check tells what it found, and whether Relive can work with it."""

import platform
import resource
import secrets
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING

from runtime.cli.failure import sentence_for

if TYPE_CHECKING:
    from runtime.application import Application
    from runtime.sandbox.lockdown.layers import Layer
    from runtime.settings import Settings

MEGABYTE = 1024 * 1024
SERVER_MB = 150
PROCESS_MB = 10
"""Memory of the server, and of a runner beside that of its sandbox; `template.yaml` counts with the same."""

DESCRIPTORS_FOR_ALL_ELSE = 256
"""For connections, files and the store, beside the two pipes of each runner."""

LEAST_FREE_MB = 100

HELLO = "def on_request(request, response):\n    return 'hello'\n"


class Verdict(Enum):
    OK = "ok"
    NOTE = "note"  # it works without
    BAD = "bad"


@dataclass(frozen=True)
class Finding:
    """One line of the table."""

    verdict: Verdict
    subject: str
    detail: str


def examine(settings: "Settings") -> Iterator[Finding]:
    """Make all checks, one after the other; none of them changes anything that stays."""
    yield _python()
    guest = _guest(settings)
    yield guest
    if guest.verdict is Verdict.OK:
        yield from _sandbox(settings)
    yield _memory(settings)
    yield _descriptors(settings)
    yield _data_folder(settings.data)
    yield _clock(Path(__file__))


def _python() -> Finding:
    where = f"{platform.system()} {platform.release()}, {platform.machine()}"
    return Finding(Verdict.OK, "Python", f"{platform.python_version()} on {where}")


def _guest(settings: "Settings") -> Finding:
    from runtime.sandbox.architecture import ForeignGuest, compiled_guest, memory_image, require_native

    path = compiled_guest(settings.guests)
    try:
        require_native(path)
        size = path.stat().st_size + memory_image(path).stat().st_size
    except FileNotFoundError as error:
        return Finding(Verdict.BAD, "guest", f"there is none at {error.filename}. Build it: make guest")
    except (ForeignGuest, OSError) as error:
        return Finding(Verdict.BAD, "guest", str(error))
    return Finding(Verdict.OK, "guest", f"{path}, {size // MEGABYTE} MB")


def _sandbox(settings: "Settings") -> Iterator[Finding]:
    """Starts an application of its own, on a data folder that is gone afterwards, and calls a function."""
    from runtime.application import Application

    try:
        with tempfile.TemporaryDirectory(prefix="relive-doctor-") as data:
            own_settings = settings.model_copy(update={"data": Path(data)})
            with closing(Application(own_settings, secrets.token_urlsafe())) as application:
                started = time.monotonic()
                layers = application.sandbox.start()
                yield Finding(Verdict.OK, "fork server", f"starts in {_milliseconds_since(started)}")
                yield _hello(application)
                yield from map(_layer, layers)
    except Exception as error:
        sentence = str(error) if isinstance(error, OSError) else sentence_for(error)
        if sentence is None:
            raise
        yield Finding(Verdict.BAD, "sandbox", " ".join(sentence.split()))


def _hello(application: "Application") -> Finding:
    from runtime.apps.app import App
    from runtime.apps.definition import AppDefinition
    from runtime.http.direct_invoke import DirectInvoke

    definition = AppDefinition.model_validate({"app": {"id": "doctor", "title": "Doctor"}, "functions": {"hello": {}}})
    application.apps.apply(App(definition, {"functions/hello.py": HELLO}))
    invoke = DirectInvoke(application.apps, application.functions, application.settings)
    started = time.monotonic()
    answer = invoke.handle({"app": "doctor", "function": "hello"}, "doctor")
    if answer != {"statusCode": 200, "body": "hello"}:
        return Finding(Verdict.BAD, "a call", f"was answered with {answer}")
    return Finding(Verdict.OK, "a call", f"is answered in {_milliseconds_since(started)}")


def _layer(layer: "Layer") -> Finding:
    return Finding(Verdict.OK if layer.active else Verdict.NOTE, f"lock: {layer.name}", layer.detail)


def _memory(settings: "Settings") -> Finding:
    from runtime.local.shares import shares

    wanted = sum(SERVER_MB + own.settings.runners * (settings.memory_mb + PROCESS_MB) for own in shares(settings))
    available = _available_mb()
    if available is None:
        return Finding(Verdict.NOTE, "memory", f"up to {wanted} MB are used; how much there is cannot be told here")
    if available < wanted:
        advice = "Lower RELIVE_RUNNERS or RELIVE_MEMORY_MB."
        return Finding(Verdict.NOTE, "memory", f"up to {wanted} MB are used, {available} MB are there. {advice}")
    return Finding(Verdict.OK, "memory", f"{available} MB are there, up to {wanted} MB are used")


def _available_mb() -> int | None:
    """What the machine and the container have left for this process; None where Linux does not tell."""
    try:
        lines = dict(line.split(":", 1) for line in Path("/proc/meminfo").read_text().splitlines())
        available = int(lines["MemAvailable"].split()[0]) // 1024
    except (OSError, KeyError):
        return None
    try:
        return min(available, int(Path("/sys/fs/cgroup/memory.max").read_text()) // MEGABYTE)
    except (OSError, ValueError):  # no container, or "max"
        return available


def _descriptors(settings: "Settings") -> Finding:
    from runtime.local.shares import shares

    allowed, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = 2 * max(own.settings.runners for own in shares(settings)) + DESCRIPTORS_FOR_ALL_ELSE
    if allowed != resource.RLIM_INFINITY and allowed < wanted:
        return Finding(Verdict.BAD, "descriptors", f"{allowed} may be open, {wanted} may be needed. ulimit -n {wanted}")
    return Finding(Verdict.OK, "descriptors", f"{wanted} may be needed; more may be open")


def _data_folder(folder: Path) -> Finding:
    place = next(path for path in (folder.absolute(), *folder.absolute().parents) if path.exists())
    try:
        with tempfile.TemporaryFile(dir=place) as file:
            file.write(b"x")
            file.flush()
        free = shutil.disk_usage(place).free // MEGABYTE
    except OSError as error:
        return Finding(Verdict.BAD, "data folder", f"{folder} cannot be written to: {error.strerror}")
    if free < LEAST_FREE_MB:
        return Finding(Verdict.BAD, "data folder", f"{folder}: only {free} MB are free")
    return Finding(Verdict.OK, "data folder", f"{folder} can be written to, {free} MB are free")


def _clock(newest: Path) -> Finding:
    """A clock that is far behind makes certificates invalid, and new items look older than old ones."""
    now = time.strftime("%Y-%m-%d %H:%M:%S %Z", time.localtime())
    if time.time() < newest.stat().st_mtime - 24 * 3600:
        return Finding(Verdict.BAD, "clock", f"{now} is before Relive was installed")
    return Finding(Verdict.OK, "clock", now)


def _milliseconds_since(started: float) -> str:
    return f"{(time.monotonic() - started) * 1000:.0f} ms"
