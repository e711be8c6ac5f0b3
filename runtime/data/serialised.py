"""How large a value is in an answer."""

import json
from typing import Any


def serialised_bytes(value: Any) -> int:
    """Its size as JSON in UTF-8."""
    return len(json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace"))
