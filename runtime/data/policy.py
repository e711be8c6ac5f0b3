"""Who may do what with the items of a type (protocol section 8.1)."""

from collections.abc import Mapping
from typing import Literal

from runtime.apps.definition import Policy
from runtime.data.request import Action
from runtime.errors import ReliveError
from runtime.principal import Principal

Right = Literal["create", "read", "update", "delete"]

Scope = Literal["all", "own", "none"]
"""Which items somebody may do something with."""

_OWNERS_WRITE: Mapping[Right, Scope] = {"create": "all", "update": "own", "delete": "own"}

SCOPES: Mapping[Policy, Mapping[Right, Scope]] = {
    "private": {**_OWNERS_WRITE, "read": "own"},
    "shared": {**_OWNERS_WRITE, "read": "all"},
    "public": {"create": "all", "read": "all", "update": "all", "delete": "all"},
    "read-only": {"create": "none", "read": "all", "update": "none", "delete": "none"},
    "roles": {"create": "none", "read": "none", "update": "none", "delete": "none"},
}
"""For everybody but the master key, which may do everything."""


def right_for(action: Action) -> Right:
    """What one must be allowed to: an aggregation reads."""
    return "read" if action == "aggregate" else action


def scope(policy: Policy, action: Action, principal: Principal) -> Scope:
    """Which items the principal may do that with. Only a user owns items; what nobody owns, nobody may change."""
    if principal.is_master:
        return "all"
    allowed = SCOPES[policy][right_for(action)]
    return "none" if allowed == "own" and principal.type != "user" else allowed


def require(policy: Policy, action: Action, principal: Principal, type_name: str) -> Scope:
    """The scope, if there is any. Raises ReliveError 603."""
    allowed = scope(policy, action, principal)
    if allowed == "none":
        what = f"{right_for(action).upper()} access on type '{type_name}'"
        raise ReliveError(603, f"{what} denied for {principal.description}.")
    return allowed


def owns(principal: Principal, owner: object) -> bool:
    """Whether the principal is to items of this owner what their owner is."""
    return principal.is_master or (principal.type == "user" and owner == principal.id)


def permissions(policy: Policy, principal: Principal) -> dict[str, bool]:
    """What `Meta.Permissions` of an item tells somebody who does not own it (protocol section 3.6).

    It tells nothing to the owner and the master key, who may do everything that anybody may.
    """
    rights: Mapping[str, Action] = {"CanRead": "read", "CanUpdate": "update", "CanDelete": "delete"}
    return {name: scope(policy, action, principal) == "all" for name, action in rights.items()}
