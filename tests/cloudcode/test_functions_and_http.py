"""Calls out of functions, seen by those who are called."""

import threading
from collections.abc import Callable

import pytest

from runtime.application import Application
from runtime.cloudcode.logs.record import CallRecord
from tests.cloudcode.calling import MASTER, Serve, app_of, call
from tests.function_url import Answer
from tests.holding_server import holding_server

MakeApplication = Callable[..., Application]
D = "def on_request(request, response):\n"
F = "from cloud import functions\n" + D


def records(application: Application, app: str = "app") -> list[CallRecord]:
    """The kept log, newest call first."""
    return [kept.record for kept in application.logs.page(app, limit=100)]


HELD = "https://held.example"
"""The origin that the holding server stands in for."""


class TestHttp:
    def test_three_gathered_calls_run_side_by_side(self, make_application: MakeApplication) -> None:
        source = (
            "import asyncio\nfrom cloud import http\nasync def on_request(request, response):\n"
            f"    answers = await asyncio.gather(*(http.get('{HELD}/') for _ in range(3)))\n"
            "    return [answer.json() for answer in answers]"
        )
        with holding_server(crowd=3) as holding:  # which answers none before all are there
            application = make_application(app_of({"functions/f.py": source}), http_stand_ins={HELD: holding.url})
            assert call(application, "f").json == [{"ok": True}] * 3

    def test_what_was_never_awaited_is_finished(self, make_application: MakeApplication) -> None:
        source = "from cloud import http\n" + D + f"    http.get('{HELD}/')"
        answers: list[Answer] = []
        with holding_server() as holding:
            application = make_application(app_of({"functions/f.py": source}), http_stand_ins={HELD: holding.url})
            caller = threading.Thread(target=lambda: answers.append(call(application, "f")))
            caller.start()
            holding.wait_for(1)
            caller.join(0.2)
            assert not answers, "it ends only when the call out has ended"
            holding.release()
            caller.join()
        assert answers[0].json == {}

    @pytest.mark.slow
    def test_the_deadline_inside_a_call_out_is_902(self, make_application: MakeApplication) -> None:
        source = (
            "from cloud import http\n"
            + D
            + f"    try: return http.get('{HELD}/').status\n    except Exception: return 'caught'"
        )
        files = {"functions/f.py": source, "functions/quick.py": D + "    pass"}
        with holding_server() as holding:
            application = make_application(app_of(files), http_stand_ins={HELD: holding.url})
            application.warm_up()
            call(application, "quick")
            answer = call(application, "f", seconds=0.7)
            if not holding.came:  # the machine was too busy to come so far
                answer = call(application, "f", seconds=7)
            assert holding.came
            assert answer.error == (500, 902)

    @pytest.mark.parametrize("url", ["http://127.0.0.1/", "http://169.254.169.254/latest/meta-data/", "http://[::1]/"])
    def test_private_addresses_are_blocked(self, serve: Serve, url: str) -> None:
        source = "from cloud import http\n" + D + f"    return http.get('{url}').status"
        answer = call(serve(app_of({"functions/f.py": source})), "f", headers=MASTER)
        assert answer.error == (500, 901)
        assert answer.json["details"]["type"] == "HttpBlocked"

    OWN = (
        "from cloud import http\n"
        + D
        + "    n = int(request.query_string.get('n', 0))\n"
        + ("    return http.get(request.api_url + '/Functions/f', params={'n': n + 1}).json() if n < 3 else {'n': n}")
    )

    def test_the_apps_own_api_is_served_inside(self, make_application: MakeApplication) -> None:
        application = make_application(app_of({"functions/f.py": self.OWN}))
        assert call(application, "f").json == {"n": 3}
        assert len(records(application)) == 4
        assert {record.request_id for record in records(application)} == {"request-1"}

    def test_a_loop_through_the_own_api_ends_in_617(self, serve: Serve) -> None:
        source = "from cloud import http\n" + D + "    return http.get(request.api_url + '/Functions/f').json()"
        answer = call(serve(app_of({"functions/f.py": source})), "f")
        assert answer.json["errorCode"] == 617
