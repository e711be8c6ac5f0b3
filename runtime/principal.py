"""Who makes a request."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

NOBODY = "00000000-0000-0000-0000-000000000000"
"""The id of everyone who is not a user: what `Owner` and `CreatedBy` hold for them (protocol section 2.1)."""

PrincipalType = Literal["anonymous", "user", "masterKey"]


@dataclass(frozen=True)
class Principal:
    """The caller of a request: `roles` are role names; `data` is the user's own item, only for a user."""

    type: PrincipalType
    id: str = NOBODY
    roles: tuple[str, ...] = ()
    data: Mapping[str, Any] = field(default_factory=dict)

    @property
    def is_master(self) -> bool:
        return self.type == "masterKey"

    @property
    def description(self) -> str:
        """How error messages name this caller."""
        return {"anonymous": "anonymous user", "user": f"user {self.id}", "masterKey": "master key"}[self.type]

    def to_json(self) -> dict[str, Any]:
        """The caller as user code sees it."""
        return {"type": self.type, "id": self.id, "roles": list(self.roles), "data": dict(self.data)}


ANONYMOUS = Principal("anonymous", roles=("Anonymous",))
MASTER = Principal("masterKey")
