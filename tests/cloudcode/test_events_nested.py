"""Operations inside handlers: the events that they fire, and how deep that goes."""

from tests.cloudcode.calling import MASTER
from tests.cloudcode.data_calls import MakeBooks


def test_data_fires_events_of_its_own(books: MakeBooks) -> None:
    items = books(
        "from cloud import data\n"
        "def before_create(request, context): request.data['Title'] += '!'\n"
        "def after_delete(request, response, context): data('Book').create({'Title': 'again'})"
    )
    assert items.send("DELETE", "Book/1").status == 200
    assert items.stored() == ["Emma", "again!"]
    assert items.fired() == ["Book.before_create", "Book.after_delete"]


def test_deeper_than_eight_is_an_endless_loop(books: MakeBooks) -> None:
    items = books("from cloud import data\ndef before_create(request, context): data('Book').create({})")
    answer = items.send("POST", "Book", {}, headers=MASTER)
    assert answer.error == (500, 617)
    assert "types/Book.before_create" in answer.json["message"]
    assert items.stored() == ["Dune", "Emma"]
    assert items.fired() == ["Book.before_create"] * 9


def test_the_trail_is_in_the_details(books: MakeBooks) -> None:
    items = books(
        "from cloud import data\ndef before_create(request, context): data('Book').count()\n"
        "def before_read(request, context): data('Book').create({})"
    )
    trail = items.send("POST", "Book", {}, headers=MASTER).json["details"]["trail"]
    assert trail == ["types/Book.before_create", "types/Book.before_read"] * 4 + ["types/Book.before_create"]


def test_the_same_pair_may_recur_below_the_limit(books: MakeBooks) -> None:
    """Deleting a tree is legitimate."""
    items = books(
        "from cloud import data\n"
        "def after_delete(request, response, context):\n"
        "    if request.affected_ids: data('Book').delete({'Parent': {'$in': list(request.affected_ids)}})\n"
    )
    for depth in range(6):
        items.create({"Id": f"t{depth}", "Parent": f"t{depth - 1}", "Title": "tree"})
    assert items.send("DELETE", "Book/t0").status == 200
    assert items.stored() == ["Dune", "Emma"]
