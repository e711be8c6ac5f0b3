"""Which fields of a document to answer with, as in the header `X-Everlive-Fields` (protocol section 3.10)."""

from dataclasses import dataclass
from typing import Any, Union

from runtime.query.interruption import watched
from runtime.query.invalid import Invalid, answered_with, inside, kind
from runtime.query.literal import is_number, is_whole
from runtime.query.ordering import MISSING
from runtime.query.path import Path


@dataclass(frozen=True)
class Slice:
    """`$slice`: `count` elements after `skip`, which counts from the end when it is negative."""

    skip: int
    count: int | None

    def of(self, value: Any) -> Any:
        """That part of an array; any other value as it is."""
        if not isinstance(value, list):
            return value
        start = self.skip if self.skip >= 0 else max(0, len(value) + self.skip)
        return value[start:] if self.count is None else value[start : start + self.count]


# What to do with a field: keep it (True), drop it (False), keep a part of it, or look inside.
Node = Union[bool, Slice, "Tree"]
Tree = dict[str, Node]


@dataclass(frozen=True)
class Projection:
    """Names and what to do with them. With `includes`, all other fields are dropped; without, they are kept."""

    tree: Tree
    includes: bool

    @classmethod
    def parse(cls, value: Any) -> "Projection":
        """Read `{"Title": 1}` or `{"Notes": 0}`; `None` and `{}` keep everything.

        `Id` is kept unless it is excluded by name. Raises ReliveError 616 with the place and the problem.
        """
        with answered_with(616):
            return cls._parsed({} if value is None else value)

    @classmethod
    def _parsed(cls, value: Any) -> "Projection":
        if not isinstance(value, dict):
            raise Invalid("", f'must be an object such as {{"Title": 1}}, not {kind(value)}')
        tree: Tree = {}
        modes: dict[bool, str] = {}
        id_mode: bool | None = None
        for name, given in value.items():
            path = Path.parse(name, name)
            node = _node(given, name)
            _plant(tree, path, node, name)
            if path.names == ("Id",):
                id_mode = node if isinstance(node, bool) else None
            elif isinstance(node, bool):
                modes.setdefault(node, name)
        if len(modes) == 2:
            raise Invalid(modes[False], f"cannot be excluded while {modes[True]} is included; only Id can")
        if id_mode and False in modes:
            raise Invalid(modes[False], "cannot be excluded while Id is included")
        includes = True in modes or id_mode is True
        if includes:
            tree.setdefault("Id", True)
        return cls(tree, includes)

    def apply(self, document: dict[str, Any]) -> dict[str, Any]:
        """The document with its chosen fields, in their order. Values are shared with `document`, or it is that."""
        if not self.tree:
            return document
        projected: dict[str, Any] = _projected(document, self.tree, self.includes)
        return projected


def _node(given: Any, where: str) -> bool | Slice:
    if isinstance(given, bool) or is_number(given):
        return bool(given)
    if isinstance(given, dict) and set(given) == {"$slice"}:
        return _slice(given["$slice"], inside(where, "$slice"))
    if isinstance(given, dict) and given:
        raise Invalid(inside(where, next(iter(given))), "unknown; there is only $slice here")
    raise Invalid(where, 'must be 1, 0 or {"$slice": ...}')


def _slice(given: Any, where: str) -> Slice:
    if is_whole(given):
        return Slice(0, int(given)) if given >= 0 else Slice(int(given), None)
    if isinstance(given, list) and len(given) == 2 and all(map(is_whole, given)) and given[1] > 0:
        return Slice(int(given[0]), int(given[1]))
    raise Invalid(where, "must be a whole number, or [skip, take] with take more than 0")


def _plant(tree: Tree, path: Path, node: bool | Slice, where: str) -> None:
    for name in path.names[:-1]:
        branch = tree.setdefault(name, {})
        if not isinstance(branch, dict):
            raise Invalid(where, "is inside another field that is named here")
        tree = branch
    if path.names[-1] in tree:
        raise Invalid(where, "has another field inside it that is named here, or is named twice")
    tree[path.names[-1]] = node


def _projected(value: Any, tree: Tree, includes: bool) -> Any:
    if isinstance(value, list):
        elements = (_projected(element, tree, includes) for element in watched(value))
        return [element for element in elements if element is not MISSING]
    if not isinstance(value, dict):
        return MISSING if includes else value
    kept = {}
    for name, inner in watched(value.items()):
        match tree.get(name, not includes):
            case True:
                kept[name] = inner
            case Slice() as part:
                kept[name] = part.of(inner)
            case dict() as branch:
                projected = _projected(inner, branch, includes)
                if projected is not MISSING:
                    kept[name] = projected
    return kept
