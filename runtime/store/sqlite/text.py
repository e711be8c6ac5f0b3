"""Text and JSON as SQLite takes them: it knows UTF-8 alone, and JSON may carry half of a surrogate pair."""

import json
import re
from typing import Any

_SURROGATES = re.compile("[\ud800-\udfff]")


def column(text: str) -> str | bytes:
    """The text, or its bytes if it is not one that UTF-8 can say; the two are never equal."""
    return text if is_utf8(text) else text.encode("utf-8", "surrogatepass")


def is_utf8(text: str) -> bool:
    return text.isascii() or not _SURROGATES.search(text)


def to_json(value: Any) -> str:
    """Compact JSON. Raises TypeError or ValueError for what JSON cannot say."""
    text = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return text if is_utf8(text) else _SURROGATES.sub(lambda half: f"\\u{ord(half[0]):04x}", text)
