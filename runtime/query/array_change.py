"""What an update does to an array: `$push`, `$addToSet`, `$pop` and `$pull`."""

from dataclasses import dataclass
from typing import Any

from runtime.query.change import At
from runtime.query.condition import Test
from runtime.query.interruption import watched, worked
from runtime.query.invalid import Invalid, kind, shown
from runtime.query.location import copied, put, value_at
from runtime.query.ordering import MISSING, OrderKey, order_key
from runtime.query.path import Path


@dataclass(frozen=True)
class ElementOrder:
    """`$sort` of `$push`: by paths inside the elements, or by the elements themselves when there is no path."""

    keys: tuple[tuple[Path, bool], ...]
    descending: bool = False

    def arrange(self, array: list[Any]) -> None:
        """Sort in place; elements that are equal keep their order."""
        if not self.keys:
            worked(len(array))
            array.sort(key=order_key, reverse=self.descending)
        for path, descending in reversed(self.keys):
            worked(len(array))
            array.sort(key=lambda element: _key_inside(element, path), reverse=descending)


def _key_inside(element: Any, path: Path) -> OrderKey:
    return order_key(value_at(element, path) if isinstance(element, dict) else MISSING)


@dataclass(frozen=True)
class ArrayChange(At):
    """A change to the array at a path."""

    def _array(self, document: dict[str, Any]) -> list[Any] | None:
        """The array to change, None where there is nothing. Raises `Invalid` where there is something else."""
        value = value_at(document, self.path)
        if value is MISSING:
            return None
        if not isinstance(value, list):
            raise Invalid(self.where, f"{self.path} holds {kind(value)} ({shown(value)}), not an array")
        return value

    def _array_or_new(self, document: dict[str, Any]) -> list[Any]:
        array = self._array(document)
        if array is None:
            array = []
            put(document, self.path, array, self.where)
        return array


@dataclass(frozen=True)
class Push(ArrayChange):
    """`$push`: insert, then sort, then cut to size. A negative position or slice counts from the end."""

    values: list[Any]
    position: int | None = None
    order: ElementOrder | None = None
    slice: int | None = None

    def make(self, document: dict[str, Any]) -> None:
        array = self._array_or_new(document)
        at = len(array) if self.position is None else self.position
        array[at:at] = copied(self.values)
        if self.order is not None:
            self.order.arrange(array)
        if self.slice is not None:
            array[:] = sliced(array, self.slice)


@dataclass(frozen=True)
class AddToSet(ArrayChange):
    """`$addToSet`: values that no element equals. Duplicates that were there stay."""

    values: list[Any]

    def make(self, document: dict[str, Any]) -> None:
        array = self._array_or_new(document)
        present = {order_key(element) for element in watched(array)}
        for value in watched(self.values):
            key = order_key(value)
            if key not in present:
                present.add(key)
                array.append(copied(value))


@dataclass(frozen=True)
class Pop(ArrayChange):
    """`$pop`: the last element, or the first."""

    first: bool

    def make(self, document: dict[str, Any]) -> None:
        array = self._array(document)
        if array:
            array.pop(0 if self.first else -1)


@dataclass(frozen=True)
class Pull(ArrayChange):
    """`$pull`: elements that meet a test. With `objects`, the test is for objects, and others stay."""

    test: Test
    objects: bool

    def make(self, document: dict[str, Any]) -> None:
        array = self._array(document)
        if array is not None:
            array[:] = [element for element in watched(array) if not self._meets(element)]

    def _meets(self, element: Any) -> bool:
        if self.objects:
            return isinstance(element, dict) and self.test.matches(element)
        return self.test.matches({ELEMENT: element})


# The field that stands for the element in the test of a `Pull` without `objects`.
ELEMENT = "element"


@dataclass(frozen=True)
class PullAll(ArrayChange):
    """`$pullAll`, and `$pull` of a value: elements that equal one of the values."""

    keys: frozenset[OrderKey]

    def make(self, document: dict[str, Any]) -> None:
        array = self._array(document)
        if array is not None:
            array[:] = [element for element in watched(array) if order_key(element) not in self.keys]


def sliced(array: list[Any], count: int) -> list[Any]:
    """The first `count` elements, or the last ones when it is negative."""
    return array[:count] if count >= 0 else array[count:]
