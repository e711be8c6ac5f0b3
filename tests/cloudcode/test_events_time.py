"""Handlers that take too long. On a busy machine the time may be over before they begin; then they get more of it."""

import pytest

from tests.cloudcode.calling import over_too_soon
from tests.cloudcode.data_calls import Items, MakeApplication, app_with

pytestmark = pytest.mark.slow


def test_before_operation_and_after_share_one_deadline(make_application: MakeApplication) -> None:
    """What the one takes, the other has no more; and what is written stays when the other runs over."""
    source = (
        "import time\nfrom cloud import time_left\n"
        "def before_create(request, context):\n"
        "    print(time_left())\n    time.sleep(request.data['Sleep'])\n"
        "def after_create(request, response, context):\n"
        "    print(time_left())\n    time.sleep(120 * request.data['Sleep'])"
    )
    application = make_application(app_with({"types/Book.py": source}))
    application.warm_up()
    items = Items(application)
    assert items.send("POST", "Book", {"Title": "quick", "Sleep": 0}).status == 201

    def time_left() -> list[float]:
        """What the last two handlers printed, of which the first is the last."""
        kept = application.logs.page("app", limit=2)
        return [float(line.message) for one in kept for line in one.record.lines]

    answer = items.send("POST", "Book", {"Title": "slow", "Sleep": 0.5}, seconds=1.5)
    if "written" not in answer.json or len(time_left()) < 2:
        answer = items.send("POST", "Book", {"Title": "slow", "Sleep": 0.5}, seconds=15)
    assert answer.error == (500, 902)
    assert answer.json["written"] == 1
    assert items.stored()[:2] == ["quick", "slow"]
    after, before = time_left()
    assert before - after >= 0.5


def test_handlers_are_disabled_after_too_many_time_outs(make_application: MakeApplication) -> None:
    source = "def before_create(request, context):\n    while request.data['Title'] == 'x': pass"
    application = make_application(app_with({"types/Book.py": source}), budget_seconds=1, breaker_timeouts=1)
    application.warm_up()
    items = Items(application)
    assert items.send("POST", "Book", {"Title": "quick"}, seconds=60).status == 201
    answer = items.send("POST", "Book", {"Title": "x"})
    if over_too_soon(answer, loading=False):
        answer = items.send("POST", "Book", {"Title": "x"}, seconds=20)
    assert answer.error == (500, 902)
    assert items.send("POST", "Book", {"Title": "x"}, seconds=60).error == (500, 955)
    assert items.send("GET", "Book", seconds=60).json["Count"] == 1
