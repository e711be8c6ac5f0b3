"""Whatever an expression asks of a large document, it ends soon after there is no more time."""

import threading
import time
from collections.abc import Callable
from typing import Any

import pytest

from runtime.deadline import Deadline
from runtime.errors import ReliveError
from runtime.query.aggregation import Aggregation
from runtime.query.filter import Filter
from runtime.query.interruption import CHECK_EVERY, interruptible, watched, worked
from runtime.query.ordered_key import encoded_sort_key
from runtime.query.projection import Projection
from runtime.query.sort import Sort
from runtime.query.update import Update

pytestmark = pytest.mark.slow

GIVEN_SECONDS = 0.2
SOON_SECONDS = 10

# About 400 KB each, as they are stored.
LONG = {"a": list(range(90_000))}
OBJECTS = {"a": [{"b": n} for n in range(20_000)]}
EMPTY_OBJECTS: dict[str, Any] = {"a": [{}] * 90_000}
MANY_ARRAYS = [[n] for n in range(400_000)]
WIDE = {"a": {f"n{n}": n for n in range(30_000)}}
SHORT_ARRAYS = {"a": [[n] * 20 for n in range(5_000)]}
TEXTS = {"a": ["ab" * 20] * 10_000}


def looped(levels: int) -> Any:
    """Where each `0` of a path leads to two places: the first element, and the field of that name in it."""
    return [{"0": looped(levels - 1)}] if levels else [0] * 100


def any_of(condition: Callable[[int], Any], count: int = 450) -> Filter:
    return Filter.parse({"$or": [condition(n) for n in range(1, count + 1)]})


def pulling(condition: Callable[[int], Any]) -> Update:
    return Update.parse({"$pull": {"a": {"$or": [{"x": condition(n)} for n in range(1, 451)]}}})


FAR = 10**9
# Each takes much longer than the bound when nothing interrupts it.
CASES: list[tuple[str, Callable[[], Any]]] = [
    ("values", lambda: any_of(lambda n: {"a": -n}).matches(LONG)),
    ("comparisons", lambda: any_of(lambda n: {"a": {"$gt": FAR + n}}).matches(LONG)),
    ("negations", lambda: Filter.parse({"$and": [{"a": {"$ne": -n}} for n in range(1, 450)]}).matches(LONG)),
    ("sets", lambda: any_of(lambda n: {"a": {"$in": [-n, FAR]}}).matches(LONG)),
    ("all of several", lambda: any_of(lambda n: {"a": {"$all": [-n, FAR]}}).matches(LONG)),
    ("the whole array", lambda: any_of(lambda n: {"a": [n]}).matches(LONG)),
    ("the whole object", lambda: any_of(lambda n: {"a": {"n": n}}).matches(WIDE)),
    ("short arrays", lambda: any_of(lambda n: {"a": [n, n]}).matches(SHORT_ARRAYS)),
    ("types", lambda: any_of(lambda n: {"a": {"$type": "null"}}).matches(LONG)),
    ("remainders", lambda: any_of(lambda n: {"a": {"$mod": [FAR, -n]}}).matches(LONG)),
    ("patterns", lambda: any_of(lambda n: {"a": {"$regex": f"(a|b){{{n},50}}c"}}, 40).matches(TEXTS)),
    ("in objects", lambda: any_of(lambda n: {"a.b": -n}).matches(OBJECTS)),
    ("in objects that have nothing", lambda: any_of(lambda n: {f"a.{n}": 5}).matches(EMPTY_OBJECTS)),
    ("elements", lambda: any_of(lambda n: {"a": {"$elemMatch": {"b": -n}}}, 240).matches(OBJECTS)),
    ("elements that are values", lambda: any_of(lambda n: {"a": {"$elemMatch": {"$lt": -n}}}, 240).matches(LONG)),
    ("elements that are arrays", lambda: any_of(lambda n: {"a": {"$elemMatch": {"0": -n}}}, 240).matches(SHORT_ARRAYS)),
    ("many conditions on each element", lambda: Filter.parse(
        {"a": {"$elemMatch": {"$or": [{f"x{n}": 1} for n in range(450)]}}}).matches(EMPTY_OBJECTS)),
    ("a path that branches", lambda: any_of(lambda n: {".".join("a" + "0" * 22): -n}).matches({"a": looped(15)})),
    ("$pull", lambda: pulling(lambda n: n).apply(EMPTY_OBJECTS)),
    ("$pull of arrays inside", lambda: pulling(lambda n: {"$gt": n}).apply({"a": [{"x": [0] * 20}] * 5_000})),
    ("$pullAll", lambda: [Update.parse({"$pullAll": {"a": [[-1]]}}).apply(SHORT_ARRAYS) for _ in range(100)]),
    ("$addToSet", lambda: [Update.parse({"$addToSet": {"a": 1}}).apply(SHORT_ARRAYS) for _ in range(100)]),
    ("$push with $sort", lambda: Update.parse({"$push": {"a": {
        "$each": [], "$sort": {f"x{n}": 1 for n in range(30)}}}}).apply(EMPTY_OBJECTS)),
    ("sort", lambda: encoded_sort_key(Sort.parse({f"a.x{n}": 1 for n in range(32)}), EMPTY_OBJECTS)),
    ("sort by elements", lambda: [Sort.parse({"a": -1}).key(LONG) for _ in range(100)]),
    ("figures", lambda: Aggregation.parse(
        {"Aggregate": {f"f{n}": {"max": "a.b"} for n in range(100)}}).run([OBJECTS] * 10)),
    ("groups", lambda: Aggregation.parse({"GroupBy": [f"a.x{n}" for n in range(100)]}).run([EMPTY_OBJECTS] * 10)),
    ("projections", lambda: [Projection.parse({"a.b": 1}).apply(OBJECTS) for _ in range(2000)]),
    ("updates", lambda: [Update.parse({"b": 1}).apply(OBJECTS) for _ in range(2000)]),
    ("reading of a filter", lambda: Filter.parse({"a": {"$in": MANY_ARRAYS}})),
]  # fmt: skip


@pytest.mark.parametrize("work", [case[1] for case in CASES], ids=[case[0] for case in CASES])
def test_it_ends_soon_after_the_deadline(work: Callable[[], Any]) -> None:
    deadline = Deadline.after(GIVEN_SECONDS)

    def check() -> None:
        if deadline.expired:
            raise ReliveError(650)

    started = time.monotonic()
    with pytest.raises(ReliveError) as caught, interruptible(check):
        work()
    assert caught.value.code == 650
    assert time.monotonic() - started < SOON_SECONDS


SIZES = [0, 1, CHECK_EVERY - 1, CHECK_EVERY, CHECK_EVERY + 1, 10 * CHECK_EVERY, 10 * CHECK_EVERY + 1]


@pytest.mark.parametrize("size", SIZES)
def test_all_elements_are_there(size: int) -> None:
    elements = {str(n): n for n in range(size)}
    assert list(watched(elements.items())) == list(elements.items())
    with interruptible(lambda: None):
        assert list(watched(elements.items())) == list(elements.items())


COUNTED: list[tuple[str, Callable[[], Any], int]] = [
    ("one long array", lambda: list(watched(range(10 * CHECK_EVERY))), 10),
    ("many short arrays", lambda: [watched([1]) for _ in range(10 * CHECK_EVERY)], 10),
    ("empty arrays", lambda: [watched([]) for _ in range(10 * CHECK_EVERY)], 0),
    ("work in one go", lambda: worked(10 * CHECK_EVERY), 1),
    ("little work, often", lambda: [worked(1) for _ in range(10 * CHECK_EVERY)], 10),
    ("a loop that is left early", lambda: next(iter(watched(range(10 * CHECK_EVERY)))), 1),
]


@pytest.mark.parametrize(("work", "checks"), [case[1:] for case in COUNTED], ids=[case[0] for case in COUNTED])
def test_how_often_it_checks(work: Callable[[], Any], checks: int) -> None:
    made: list[int] = []
    with interruptible(lambda: made.append(1)):
        work()
    assert len(made) == checks
    work()
    assert len(made) == checks, "outside, nobody is asked"


def test_one_inside_another_asks_the_inner_and_then_the_outer_again() -> None:
    asked: list[str] = []
    with interruptible(lambda: asked.append("outer")):
        worked(CHECK_EVERY)
        with interruptible(lambda: asked.append("inner")):
            worked(CHECK_EVERY)
        worked(CHECK_EVERY)
    assert asked == ["outer", "inner", "outer"]


def test_other_threads_are_not_interrupted() -> None:
    asked: list[str] = []
    with interruptible(lambda: asked.append("asked")):
        thread = threading.Thread(target=lambda: worked(CHECK_EVERY))
        thread.start()
        thread.join()
    assert asked == []
