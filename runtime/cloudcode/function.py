"""A call of a cloud function: what goes in and what comes out."""

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from runtime.principal import Principal

BodyKind = Literal["json", "text", "bytes"]


@dataclass(frozen=True)
class FunctionRequest:
    """What a function sees of a request.

    `action` is the HTTP method; `data` a JSON value, a text, bytes, or None without a body; names of headers are in
    lower-case; `api_url` is the address of the app's own API.
    """

    action: str
    principal: Principal
    data: Any = None
    query_string: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    custom_parameters: Mapping[str, Any] = field(default_factory=dict)
    api_url: str = ""

    def to_json(self, function: str, request_id: str) -> dict[str, Any]:
        """The request as the guest gets it."""
        is_bytes = isinstance(self.data, bytes)
        return {
            "id": request_id,
            "function": function,
            "action": self.action,
            "data": base64.b64encode(self.data).decode() if is_bytes else self.data,
            "data_is_base64": is_bytes,
            "query_string": dict(self.query_string),
            "headers": dict(self.headers),
            "custom_parameters": dict(self.custom_parameters),
            "api_url": self.api_url,
            "principal": self.principal.to_json(),
        }


@dataclass(frozen=True)
class FunctionAnswer:
    """What a function answered.

    `headers` always has a content type, and names in lower-case; `kind` tells what `body` is.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes
    kind: BodyKind = "json"

    @property
    def value(self) -> Any:
        """The body as a JSON value or a text; bytes are in base64."""
        match self.kind:
            case "json":
                return json.loads(self.body)
            case "text":
                return self.body.decode()
            case "bytes":
                return base64.b64encode(self.body).decode()
