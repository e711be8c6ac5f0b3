"""What a request may use up with all that is nested in it: it is counted for the whole tree, whoever catches what."""

import json
import threading
import time
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from runtime.application import Application
from runtime.budget import Budget
from runtime.cloudcode.logs.record import CallRecord
from tests.cloudcode.calling import MASTER, app_of, call
from tests.cloudcode.data_calls import Items, app_with
from tests.function_url import make_event, read_answer
from tests.holding_server import holding_server

pytestmark = pytest.mark.slow

MakeApplication = Callable[..., Application]

D = "def on_request(request, response):\n"
F = "from cloud import CloudError, data, functions, http, log\n" + D
ASYNC = "import asyncio\nfrom cloud import data, functions\nasync def on_request(request, response):\n"

MEGABYTE = 1024 * 1024


def records(application: Application) -> list[CallRecord]:
    return [kept.record for kept in application.logs.page("app", limit=200)]


class TestCallsOfCode:
    STUBBORN: Mapping[str, Mapping[str, str]] = {
        "functions": {
            "functions/f.py": F + "    for _ in range(3):\n        try: functions.call('f')\n        except CloudError: pass",
        },
        "functions side by side": {
            "functions/f.py": ASYNC + "    await asyncio.gather(*(functions.call('f') for _ in range(3)), return_exceptions=True)",
        },
        "functions by their address": {
            "functions/f.py": F + "    for _ in range(3): http.post(request.api_url + '/Functions/f')",
        },
        "handlers": {
            "functions/f.py": F + "    data('Book').create({})",
            "types/Book.py": "from cloud import CloudError, data\ndef after_create(request, response, context):\n"
            "    for _ in range(3):\n        try: data('Book').create({})\n        except CloudError: pass",
        },
        "handlers that call functions": {
            "functions/f.py": F + "    for _ in range(3):\n        try: data('Book').create({})\n        except CloudError: pass",
            "types/Book.py": "from cloud import CloudError, functions\ndef before_create(request, context):\n"
            "    for _ in range(3):\n        try: functions.call('f')\n        except CloudError: pass",
        },
    }  # fmt: skip

    @pytest.mark.parametrize("files", STUBBORN.values(), ids=STUBBORN.keys())
    def test_code_that_goes_on_whatever_happens_runs_as_often_as_the_limit_says(
        self, make_application: MakeApplication, files: Mapping[str, str]
    ) -> None:
        application = make_application(app_with(files), code_calls=25)
        assert call(application, "f").status == 200
        assert len(records(application)) == 25

    def test_then_it_is_617_with_the_way_that_led_there(self, make_application: MakeApplication) -> None:
        files = {
            "functions/f.py": F + "    for number in range(10): data('Book').create({'Title': str(number)})",
            "types/Book.py": "def before_create(request, context): pass\n"
            "def after_create(request, response, context): pass",
        }
        application = make_application(app_with(files), code_calls=8)
        answer = call(application, "f", headers=MASTER)
        assert answer.error == (500, 617)
        way = "functions/f > types/Book.after_create"
        assert f"The request has called code 8 times, and once more: {way}." in answer.json["message"]
        assert answer.json["details"]["trail"] == ["functions/f", "types/Book.after_create"]
        assert "details" not in call(application, "f").json
        # What was written stays: the fourth item, too, whose after handler could not be called any more.
        assert Items(application).stored() == ["0", "1", "2", "3"] * 2

    def test_operations_without_handlers_do_not_count(self, make_application: MakeApplication) -> None:
        source = F + "    return [data('Book').count() for _ in range(20)]"
        application = make_application(app_with({"functions/f.py": source}), code_calls=1)
        assert call(application, "f").json == [0] * 20

    def test_each_request_begins_anew(self, make_application: MakeApplication) -> None:
        files = {"functions/f.py": F + "    return functions.call('g')", "functions/g.py": D + "    return 1"}
        application = make_application(app_of(files), code_calls=2)
        assert [call(application, "f").json for _ in range(3)] == [1, 1, 1]


class TestRunners:
    FILES: Mapping[str, str] = {
        "functions/many.py": ASYNC
        + "    spans = await asyncio.gather(*(functions.call('busy', 0.1) for _ in range(8)))\n"
        "    return max(sum(start <= moment < end for start, end in spans) for moment, _ in spans)",
        "functions/busy.py": "import time\n"
        + D
        + "    start = time.time()\n    time.sleep(request.data)\n    return [start, time.time()]",
        "functions/hello.py": D + "    return 'hello'",
    }

    @pytest.mark.parametrize(
        ("settings", "at_once"),
        [
            ({"runners": 6, "depth": 1}, 3),
            ({"runners": 9, "depth": 1}, 4),
            ({"runners": 2, "depth": 1}, 1),
            ({"runners": 9, "depth": 1, "runners_per_request": 9}, 8),
        ],
        ids=["half of them", "another number", "the fewest there may be", "all, if the operator says so"],
    )
    def test_nested_calls_wait_for_each_other(
        self, make_application: MakeApplication, settings: dict[str, int], at_once: int
    ) -> None:
        """The request itself holds one of its runners; the others are for what it calls."""
        answer = call(make_application(app_of(self.FILES), **settings), "many")
        assert answer.status == 200
        assert 1 <= answer.json <= at_once

    def test_others_are_served_meanwhile(self, make_application: MakeApplication) -> None:
        files = {
            **self.FILES,
            "functions/hog.py": ASYNC + "    await asyncio.gather(*(functions.call('held') for _ in range(20)))",
            "functions/held.py": F + "    http.get('https://holding.example/').status",
        }
        with holding_server() as holding:
            application = make_application(
                app_of(files), runners=4, depth=1, http_stand_ins={"https://holding.example": holding.url}
            )
            hog = threading.Thread(target=call, args=(application, "hog"))
            hog.start()
            holding.wait_for(1)
            assert [call(application, "hello").json for _ in range(10)] == ["hello"] * 10
            assert hog.is_alive()
            holding.release()
            hog.join()


BOOKS = "".join(f"    data('Book').create({{'Title': 'x' * {MEGABYTE // 8}, 'Isbn': str({n})}})\n" for n in range(20))


class TestHeldBytes:
    """With 2 MB for a request, of which a text takes about as much as it is long, and its value once more."""

    TOO_MUCH: Mapping[str, str] = {
        "arguments": "functions.call('nothing', 'x' * 3_000_000)",
        "the value of the arguments": "functions.call('nothing', [[]] * 50_000)",
        "a reply": "functions.call('large')",
        "a reply in bytes": "functions.call('binary')",
        "a body that is sent": "http.post(request.api_url + '/Functions/nothing', body=b'x' * 1_000_000)",
        "a body that is received": "http.get(request.api_url + '/Functions/large')",
        "items": "data('Book').find()",
        "arguments that are no JSON": "wit_world.start('nothing', ',' * 3_000_000)",
    }

    FILES: Mapping[str, str] = {
        "functions/large.py": D + "    return 'x' * 2_500_000",
        "functions/binary.py": D + "    return b'x' * 2_500_000",
        "functions/nothing.py": D + "    return 'nothing'",
        "functions/fill.py": F + BOOKS,
    }

    @pytest.mark.parametrize("source", TOO_MUCH.values(), ids=TOO_MUCH.keys())
    def test_what_does_not_fit_is_an_exception_that_can_be_caught(
        self, make_application: MakeApplication, source: str
    ) -> None:
        handler = (
            "import json, wit_world\n" + F + f"    try: told = {source}\n"
            "    except (RuntimeError, CloudError) as error: told = str(error)\n"
            "    if isinstance(told, int): told = json.loads(wit_world.wait(None)[1])['error']['message']\n"
            "    if isinstance(told, http.Response): told = told.text\n"
            "    return [str(told), functions.call('nothing')]"
        )
        application = make_application(app_with({**self.FILES, "functions/f.py": handler}), held_mb=2)
        assert call(application, "fill").status == 200
        budget, answer = call_within_a_budget(application, "f")
        assert answer.status == 200, answer.text
        assert "holds more than 2 MB in the server at once" in answer.json[0]
        assert answer.json[1] == "nothing"
        assert_nothing_is_held(budget)

    def test_not_caught_it_is_901(self, make_application: MakeApplication) -> None:
        source = F + "    functions.call('nothing', 'x' * 3_000_000)"
        application = make_application(app_of({**self.FILES, "functions/f.py": source}), held_mb=2)
        answer = call(application, "f", headers=MASTER)
        assert answer.error == (500, 901)
        message = "The request holds more than 2 MB in the server at once; do less side by side."
        assert answer.json["details"]["message"] == message

    def test_many_small_ones_are_too_much_together_and_not_one_after_the_other(
        self, make_application: MakeApplication
    ) -> None:
        together = (
            ASYNC + "    calls = (functions.call('slow', 'x' * 300_000) for _ in range(8))\n"
            "    ends = await asyncio.gather(*calls, return_exceptions=True)\n"
            "    return sum(isinstance(end, RuntimeError) for end in ends)"
        )
        files = {
            "functions/slow.py": "import time\n" + D + "    time.sleep(0.2)\n    return 1",
            "functions/together.py": together,
            "functions/in_turn.py": F + "    return [functions.call('slow', 'x' * 300_000) for _ in range(8)]",
        }
        application = make_application(app_of(files), held_mb=2)
        budget, answer = call_within_a_budget(application, "together")
        assert 1 <= answer.json <= 7
        assert_nothing_is_held(budget)
        assert call(application, "in_turn").json == [1] * 8

    def test_calls_that_nest_count_together(self, make_application: MakeApplication) -> None:
        source = F + "    return functions.call('f', request.data) if len(request.data) else 0"
        application = make_application(app_of({"functions/f.py": source}), held_mb=2)
        assert call(application, "f", "x" * 200_000).error == (500, 901)
        (innermost, *others) = reversed(records(application))
        assert "holds more than 2 MB" in innermost.details["message"]
        assert 1 <= len(others) <= 6

    def test_what_the_request_itself_brings_and_gets_is_not_counted(self, make_application: MakeApplication) -> None:
        source = D + "    return request.data"
        application = make_application(app_of({"functions/f.py": source}), held_mb=1)
        assert call(application, "f", "x" * 3_000_000).json == "x" * 3_000_000

    def test_originals_that_do_not_fit_are_not_told(self, make_application: MakeApplication) -> None:
        files = {
            "functions/fill.py": F + BOOKS,
            "functions/change.py": F + "    return data('Book').update({}, {'$set': {'Read': True}})",
            "types/Book.py": "def after_update(request, response, context):\n"
            "    try: response.additional_data['told'] = len(request.originals)\n"
            "    except Exception as error: print(error)",
        }
        application = make_application(app_with(files), held_mb=3)
        assert call(application, "fill").status == 200
        budget, answer = call_within_a_budget(application, "change")
        assert answer.status == 200, answer.text
        assert answer.json == 20
        assert_nothing_is_held(budget)
        (record,) = [record for record in records(application) if record.function == "types/Book.after_update"]
        assert "too large together" in record.lines[0].message


class TestLog:
    FILES: Mapping[str, str] = {
        "functions/outer.py": F + "    for _ in range(6): functions.call('inner')\n    print('the end')",
        "functions/inner.py": D + "    for _ in range(4): print('x' * 90)",
    }

    def test_lines_of_all_calls_count_and_each_log_that_is_cut_says_so_once(
        self, make_application: MakeApplication
    ) -> None:
        application = make_application(app_of(self.FILES), request_log_kb=1)
        assert call(application, "outer").status == 200
        lines = [line.message for record in records(application) for line in record.lines]
        assert 5 <= sum(line == "x" * 90 for line in lines) <= 11
        note = "The log was cut here: the whole request has 1 KB."
        for record in records(application):
            assert sum(line.message == note for line in record.lines) <= 1
        assert records(application)[0].lines[-1].message == note

    def test_other_requests_have_a_log_of_their_own(self, make_application: MakeApplication) -> None:
        application = make_application(app_of(self.FILES), request_log_kb=1)
        assert call(application, "outer").status == 200
        assert call(application, "inner", request_id="another").status == 200
        (record,) = [record for record in records(application) if record.request_id == "another"]
        assert [line.message for line in record.lines] == ["x" * 90] * 4

    def test_what_calls_fail_with_counts_too(self, make_application: MakeApplication) -> None:
        files = {
            "functions/outer.py": F
            + "    for _ in range(20):\n        try: functions.call('inner')\n        except CloudError: pass",
            "functions/inner.py": D + "    raise ValueError('x' * 3000)",
        }
        application = make_application(app_of(files), request_log_kb=16)
        assert call(application, "outer").status == 200
        kept = sum(len(json.dumps(record.to_json())) for record in records(application))
        assert kept < 16 * 1024 + 21 * 600
        assert all("error" in record.details for record in records(application) if not record.ok)


def call_within_a_budget(application: Application, function: str) -> tuple[Budget, Any]:
    """Call a function as the master, and give what it has used up beside the answer."""
    budget = Budget.start(application.settings, request_id="request-1")
    event = make_event("GET", f"/v1/app/Functions/{function}", MASTER)
    return budget, read_answer(application.handle(event, "request-1", budget))


def assert_nothing_is_held(budget: Budget) -> None:
    for _ in range(100):
        if not budget.tree.held.held:
            return
        time.sleep(0.05)  # a thread may still be about to give something back
    raise AssertionError(f"{budget.tree.held.held} bytes are held for a request that is over")
