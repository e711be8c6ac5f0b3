"""Compiles an app's files ahead, in an instance that runs none of them."""

import base64
import json
import marshal
from collections.abc import Mapping

from relive_guest import sources


def compile_all(files: Mapping[str, str]) -> str:
    """The code of those `files` that compile, by path, as JSON: marshalled, in base64."""
    compiled = {path: code for path, source in files.items() if (code := _compiled(path, source)) is not None}
    return json.dumps({"ending": "compiled", "compiled": compiled})


def _compiled(path: str, source: str) -> str | None:
    try:
        return base64.b64encode(marshal.dumps(sources.compiled(path, source))).decode()
    except SyntaxError:
        return None
