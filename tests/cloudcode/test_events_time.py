"""Handlers that take too long. Sleeps are far longer than budgets, or far shorter, so that no machine is too slow."""

import pytest

from tests.cloudcode.data_calls import Items, MakeApplication, app_with

pytestmark = pytest.mark.slow


def test_before_operation_and_after_share_one_deadline(make_application: MakeApplication) -> None:
    """Each of the two alone would be in time."""
    source = (
        "import time\ndef before_create(request, context): time.sleep(0.5)\n"
        "def after_create(request, response, context): time.sleep(1.6)"
    )
    application = make_application(app_with({"types/Book.py": source}), budget_seconds=2)
    application.warm_up()
    items = Items(application)
    answer = items.send("POST", "Book", {"Title": "x"})
    assert answer.error == (500, 902)
    assert answer.json["written"] == 1
    assert items.stored() == ["x"]


def test_handlers_are_disabled_after_too_many_time_outs(make_application: MakeApplication) -> None:
    source = "def before_create(request, context):\n    while True: pass"
    application = make_application(app_with({"types/Book.py": source}), budget_seconds=1, breaker_timeouts=1)
    application.warm_up()
    items = Items(application)
    assert items.send("POST", "Book", {"Title": "x"}).error == (500, 902)
    assert items.send("POST", "Book", {"Title": "x"}).error == (500, 955)
    assert items.send("GET", "Book").json["Count"] == 0
