"""Reading and changing the one place in a document that an update's path names."""

from typing import Any

from runtime.query.interruption import watched
from runtime.query.invalid import Invalid, kind
from runtime.query.ordering import MISSING
from runtime.query.path import Path, array_index

# How far behind an array's end a value may be set. The gap fills with null.
MAX_GAP = 1000


def copied(value: Any) -> Any:
    """A copy that shares no object or array with `value`."""
    if isinstance(value, dict):
        return {name: copied(inner) for name, inner in watched(value.items())}
    if isinstance(value, list):
        return [copied(element) for element in watched(value)]
    return value


def value_at(document: dict[str, Any], path: Path) -> Any:
    """The value at `path`, or `MISSING`. A number in the path is a place in an array; arrays are not looked through."""
    value: Any = document
    for name in path.names:
        value = _step(value, name)
        if value is MISSING:
            return MISSING
    return value


def put(document: dict[str, Any], path: Path, value: Any, where: str) -> None:
    """Put `value` at `path`, making the objects on the way. Raises `Invalid` when something else is on the way."""
    holder: Any = document
    for position, name in enumerate(path.names[:-1]):
        inner = _step(holder, name)
        if inner is MISSING:
            inner = {}
            _put_into(holder, name, inner, path, position, where)
        holder = inner
    _put_into(holder, path.names[-1], value, path, len(path.names) - 1, where)


def remove(document: dict[str, Any], path: Path) -> None:
    """Take away what is at `path`, if anything. In an array, null takes its place."""
    holder = value_at(document, Path(path.names[:-1]))
    name = path.names[-1]
    if isinstance(holder, dict):
        holder.pop(name, None)
    elif isinstance(holder, list) and _step(holder, name) is not MISSING:
        holder[int(name)] = None


def passes_array(document: dict[str, Any], path: Path) -> bool:
    """Whether an array is on the way to `path`."""
    return any(isinstance(value_at(document, Path(path.names[:end])), list) for end in range(1, len(path.names)))


def _step(holder: Any, name: str) -> Any:
    if isinstance(holder, dict):
        return holder.get(name, MISSING)
    if isinstance(holder, list):
        index = array_index(name)
        if index is not None and index < len(holder):
            return holder[index]
    return MISSING


def _put_into(holder: Any, name: str, value: Any, path: Path, position: int, where: str) -> None:
    if isinstance(holder, dict):
        holder[name] = value
        return
    above = ".".join(path.names[:position])
    if not isinstance(holder, list):
        raise Invalid(where, f"cannot create {name} in {above}, which is {kind(holder)}, not an object")
    index = array_index(name)
    if index is None:
        raise Invalid(where, f"cannot create {name} in {above}, which is an array and has only numbered places")
    if index > len(holder) + MAX_GAP:
        raise Invalid(where, f"{index} is more than {MAX_GAP} places behind the end of the array {above}")
    holder.extend([None] * (index + 1 - len(holder)))
    holder[index] = value
