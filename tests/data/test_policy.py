"""Who may do what with items, by policy (protocol section 8.1)."""

import pytest

from runtime.apps.definition import Policy
from runtime.data.policy import owns, permissions, require, scope
from runtime.data.request import METHODS
from runtime.errors import ReliveError
from runtime.principal import ANONYMOUS, MASTER, Principal

ANA = Principal("user", "ana", ("Registered",))

# policy, then the scopes of create, read, update, delete and aggregate: for nobody in particular, and for a user
TABLE: list[tuple[Policy, str, str]] = [
    ("private", "all none none none none", "all own own own own"),
    ("shared", "all all none none all", "all all own own all"),
    ("public", "all all all all all", "all all all all all"),
    ("read-only", "none all none none all", "none all none none all"),
    ("roles", "none none none none none", "none none none none none"),
]


@pytest.mark.parametrize(("policy", "anonymous", "user"), TABLE, ids=[row[0] for row in TABLE])
def test_scopes(policy: Policy, anonymous: str, user: str) -> None:
    assert [scope(policy, action, ANONYMOUS) for action in METHODS] == anonymous.split()
    assert [scope(policy, action, ANA) for action in METHODS] == user.split()
    assert [scope(policy, action, MASTER) for action in METHODS] == ["all"] * 5


def test_the_denial_names_action_type_and_caller() -> None:
    with pytest.raises(ReliveError) as raised:
        require("read-only", "delete", ANONYMOUS, "Book")
    assert raised.value.code == 603
    assert raised.value.message == "Access Denied. DELETE access on type 'Book' denied for anonymous user."


@pytest.mark.parametrize(
    ("policy", "update", "delete"), [("shared", False, False), ("public", True, True), ("read-only", False, False)]
)
@pytest.mark.parametrize("principal", [ANONYMOUS, ANA], ids=lambda principal: principal.type)
def test_meta_tells_of_items_that_the_reader_does_not_own(
    policy: Policy, principal: Principal, update: bool, delete: bool
) -> None:
    assert permissions(policy, principal) == {"CanRead": True, "CanUpdate": update, "CanDelete": delete}


@pytest.mark.parametrize(
    ("principal", "owner", "own"),
    [
        (ANA, "ana", True),
        (ANA, "bo", False),
        (ANA, None, False),
        (ANONYMOUS, ANONYMOUS.id, False),
        (ANONYMOUS, None, False),
        (MASTER, "ana", True),
        (MASTER, None, True),
    ],
)
def test_whose_items_are(principal: Principal, owner: str | None, own: bool) -> None:
    assert owns(principal, owner) == own
