"""The names an app may use, each a pydantic type that says in plain English what is wrong with a name."""

import re
import unicodedata
from collections.abc import Callable
from typing import Annotated

from pydantic import AfterValidator

from runtime.apps.refusal import refusal

BUILT_IN_TYPES = frozenset({"Users", "Files"})
"""Types that every app has. Relations may point to them."""

RESERVED_TYPE_NAMES = frozenset(
    {
        "users",
        "files",
        "servercodelog",  # a system type like the two above (protocol section 7.2)
        "roles",
        "functions",  # this and those below are path segments (protocol sections 1, 2.2 and 10)
        "invoke",
        "metadata",
        "oauth",
        "push",
    }
)
"""In lower case: fixed path segments are matched in any case."""

SYSTEM_FIELDS = frozenset({"Id", "CreatedAt", "ModifiedAt", "CreatedBy", "ModifiedBy", "Owner", "Meta", "_ACL"})
"""Fields that every item has (protocol section 3.6)."""

_WORD = r"[A-Za-z][A-Za-z0-9_]{0,63}"
_WORD_OR_HYPHENS = r"[A-Za-z][A-Za-z0-9_-]{0,63}"
_LABEL = r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?"
_HOST_PATTERN = re.compile(rf"(\*\.)?({_LABEL}\.)*{_LABEL}")
_NO_TEXT = frozenset({"Cc", "Cs", "Zl", "Zp"})  # Unicode categories: control characters, lone surrogates, line ends


def _matching(pattern: str, rule: str) -> Callable[[str], str]:
    compiled = re.compile(pattern)

    def check(name: str) -> str:
        if not compiled.fullmatch(name):
            raise refusal(rule)
        return name

    return check


_field = _matching(_WORD, "a field's name is 1 to 64 letters, digits and _, starting with a letter")


def _line(what: str, limit: int) -> Callable[[str], str]:
    def check(text: str) -> str:
        if not text.strip() or len(text) > limit or any(unicodedata.category(char) in _NO_TEXT for char in text):
            raise refusal(f"{what} is one line of 1 to {limit} characters")
        return text

    return check


def _not_reserved_app(name: str) -> str:
    if name.lower() == "metadata":
        raise refusal("this id is taken by the administration API; choose another one")
    return name


def _not_reserved_type(name: str) -> str:
    if name in BUILT_IN_TYPES:
        raise refusal("every app has this type already, and this version cannot extend it; remove it here")
    if name.lower() in RESERVED_TYPE_NAMES:
        raise refusal("this name is taken by Relive itself; choose another one")
    return name


def _not_system_field(name: str) -> str:
    if name in SYSTEM_FIELDS:
        raise refusal("every item has this field already; remove it here")
    return name


def _not_checked_by_relive(name: str) -> str:
    if name in SYSTEM_FIELDS or name == "_id":  # which means Id
        raise refusal("every item has this field, and Relive itself sees to it; remove it here")
    return name


def _whole_field(name: str) -> str:
    if "." in name:
        raise refusal(
            f"leads into a field, and only whole ones are checked, such as {name.partition('.')[0] or 'Title'}"
        )
    return name


def _caller(name: str) -> str:
    for kind in ("user", "masterKey"):  # `Anonymous` is the role that everyone has who is not signed in
        if name.lower() == kind.lower() and name != kind:
            raise refusal(f"the kind of caller is spelt {kind}")
    return name


def _host_pattern(name: str) -> str:
    host = name.lower()
    if len(host) > 253 or not _HOST_PATTERN.fullmatch(host):
        raise refusal(
            f"{name!r} is no host; write api.example.com, or *.example.com for all hosts below it, "
            "without scheme, port and path"
        )
    return host


AppId = Annotated[
    str,
    AfterValidator(_matching(r"[A-Za-z0-9_-]{1,64}", "an app's id is 1 to 64 letters, digits, _ and -")),
    AfterValidator(_not_reserved_app),
]
"""Opaque and case-sensitive (protocol section 1)."""

TypeName = Annotated[
    str,
    AfterValidator(_matching(_WORD, "a type's name is 1 to 64 letters, digits and _, starting with a letter")),
    AfterValidator(_not_reserved_type),
]
"""A segment of the type's URL, and the name of its code file."""

FieldName = Annotated[
    str,
    AfterValidator(_not_system_field),
    AfterValidator(_field),
]

FunctionName = Annotated[
    str,
    AfterValidator(
        _matching(_WORD_OR_HYPHENS, "a function's name is 1 to 64 letters, digits, _ and -, starting with a letter")
    ),
]
"""A segment of the function's URL, where case does not matter, and the name of its code file."""

CheckedField = Annotated[
    str, AfterValidator(_not_checked_by_relive), AfterValidator(_whole_field), AfterValidator(_field)
]
"""A field of an item that has rules."""

CheckedMember = Annotated[str, AfterValidator(_whole_field), AfterValidator(_line("a field's name", 128))]
"""A field of a function's JSON body."""

ParameterName = Annotated[str, AfterValidator(_line("a parameter's name", 128))]
"""Of a query string, where case matters."""

RoleName = Annotated[str, AfterValidator(_line("a role's name", 128))]

Caller = Annotated[RoleName, AfterValidator(_caller)]
"""A kind of caller (anonymous, user, masterKey), or a role."""

Title = Annotated[str, AfterValidator(_line("a title", 200))]

HostPattern = Annotated[str, AfterValidator(_host_pattern)]
"""In lower case: `api.example.com` means that host, `*.example.com` every host below it but not itself."""
