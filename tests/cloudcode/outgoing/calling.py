"""User code's side of the HTTP capability."""

import base64
import socket
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from runtime.apps.app import App
from runtime.apps.definition import AppDefinition
from runtime.budget import Budget
from runtime.cloudcode.capabilities.http import Http
from runtime.cloudcode.capability import CallContext
from runtime.cloudcode.outgoing.depth import DepthSigner
from runtime.cloudcode.outgoing.depth_key import derived_from
from runtime.cloudcode.outgoing.own_api import OwnApiRequest, OwnApiResponse
from runtime.principal import ANONYMOUS
from runtime.settings import Settings
from tests.cloudcode.outgoing.scripted_peer import Peer

PUBLIC = "93.184.215.14"
"""An address that passes the rule; tests connect to a peer on this machine in its place."""

SIGNER = DepthSigner(derived_from("a master key"))
"""One for all, because it is slow on purpose to derive its key."""


@dataclass
class Caller:
    """Calls the capability, with the body as bytes on both sides.

    `names` are the addresses that host names resolve to; every connection to a public address goes to `peer`. What was
    looked up and connected to is kept.
    """

    settings: dict[str, Any] = field(default_factory=dict)
    allow: list[str] | None = None
    names: dict[str, list[str]] = field(default_factory=dict)
    peer: Peer | None = None
    budget_seconds: float = 60
    depth: int = 0
    api_url: str = "https://relive.example/v1/bookstore"
    own_api: Callable[[OwnApiRequest], OwnApiResponse] = lambda request: OwnApiResponse(200, {}, b"own")
    lookups: list[str] = field(default_factory=list)
    connected: list[tuple[str, int]] = field(default_factory=list)

    def request(self, method: str, url: str, **arguments: Any) -> dict[str, Any]:
        body = arguments.pop("body", None)
        if body is not None:
            arguments["body"] = base64.b64encode(body).decode()
        answer = self.http({"method": method, "url": url, **arguments}, self.context())
        return {**answer, "body": base64.b64decode(answer["body"])}

    def get(self, url: str, **arguments: Any) -> dict[str, Any]:
        return self.request("GET", url, **arguments)

    @property
    def http(self) -> Http:
        settings = Settings(**self.settings)
        return Http(
            settings, lambda request, _: self.own_api(request), SIGNER, lookup=self._lookup, connect=self._connect
        )

    def context(self) -> CallContext:
        definition = AppDefinition.model_validate(
            {"app": {"id": "bookstore", "title": "Bookstore"}, "http": {"allow": self.allow}}
        )
        limits = Settings().model_copy(update={"budget_seconds": self.budget_seconds})
        budget = Budget.start(limits, depth=self.depth)
        return CallContext(App(definition, {}), ANONYMOUS, budget, self.api_url)

    def _lookup(self, host: str) -> list[str]:
        self.lookups.append(host)
        if host not in self.names:
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        return self.names[host]

    def _connect(self, address: Any, port: int, seconds: float) -> socket.socket:
        self.connected.append((str(address), port))
        if address.is_loopback:
            return socket.create_connection((str(address), port), timeout=seconds)
        if self.peer is None:
            raise ConnectionRefusedError(111, "Connection refused")
        return socket.create_connection(("127.0.0.1", self.peer.port), timeout=seconds)


def standing_in(peer: Peer, *origins: str) -> dict[str, Any]:
    """Settings in which a peer stands in for some origins."""
    return {"http_stand_ins": dict.fromkeys(origins, peer.url)}
