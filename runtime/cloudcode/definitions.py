"""The texts that define an app's files in the guest, with their code compiled ahead."""

import json
from collections.abc import Mapping

from runtime.apps.app import App
from runtime.cloudcode.silence import Silence
from runtime.cloudcode.told import read_told
from runtime.deadline import Deadline
from runtime.sandbox.endings import Crashed, NotDefined
from runtime.sandbox.pool import NoRunnerInTime
from runtime.sandbox.processes import SandboxUnavailable
from runtime.sandbox.sandbox import Sandbox

COMPILE_SECONDS = 10
TRIES = 2
"""A runner that dies twice was brought down by the files; one that dies once may have been killed."""


class Definitions:
    """Makes each text once for a version of an app, and remembers it. Safe to use from several threads.

    The guest compiles, in an instance that runs no code of users: what one call does can never reach the code that
    others run. To compile takes the guest some milliseconds for a file of a hundred lines, to load what was compiled
    next to none.
    """

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox
        self._texts: dict[str, tuple[str, dict[str, str]]] = {}

    def text(self, app: App, path: str, deadline: Deadline, depth: int = 0) -> str:
        """What defines the file at `path` in the guest: `{"entry": path, "files": {path: source}, "compiled": {...}}`.

        `compiled` maps paths to marshalled code in base64. A file that does not compile is not in there, and tells why
        when it is defined.
        """
        version, texts = self._texts.get(app.id, ("", {}))
        if version != app.version:
            texts = {}
            self._texts[app.id] = (app.version, texts)
        if path in texts:
            return texts[path]
        files = {path: app.code[path], **app.shared}
        compiled = self._compiled(app, files, deadline, depth)
        text = json.dumps({"entry": path, "files": files, "compiled": compiled or {}})
        if compiled is not None:
            texts[path] = text
        return text

    def _compiled(self, app: App, files: Mapping[str, str], deadline: Deadline, depth: int) -> dict[str, str] | None:
        """The code of those files that compile, which is empty if they bring the compiler down; None if this call
        could not have it asked.

        At the depth of the call that wants it: those around it hold runners until it ends, perhaps all of theirs.
        """
        code = "compile:" + json.dumps(files)
        for _ in range(TRIES):
            try:
                ending = self._sandbox.run(
                    app.id, code, lambda: "", host=Silence(), deadline=deadline.at_most(COMPILE_SECONDS), depth=depth
                )
            except (NoRunnerInTime, SandboxUnavailable):
                return None
            if isinstance(ending, NotDefined):
                return _read(ending.text)
            if deadline.expired:
                return None
            if not isinstance(ending, Crashed):
                break
        return {}


def _read(text: str) -> dict[str, str]:
    """What the guest tells. It is not trusted, although it has run no code of users."""
    try:
        told = read_told(text)
    except ValueError:
        return {}
    compiled = told.get("compiled") if isinstance(told, dict) else None
    return compiled if isinstance(compiled, dict) and all(isinstance(code, str) for code in compiled.values()) else {}
