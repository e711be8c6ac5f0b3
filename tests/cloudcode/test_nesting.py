"""Functions that call functions: what comes back, how deep it goes, and what it may use up."""

import threading
import time
from collections.abc import Callable

import pytest

from runtime.application import Application
from tests.cloudcode.calling import MASTER, Serve, app_of, call, call_that_runs_over
from tests.function_url import Answer
from tests.holding_server import holding_server

MakeApplication = Callable[..., Application]
D = "def on_request(request, response):\n"
F = "from cloud import functions\n" + D


class TestNesting:
    def test_a_call_answers_what_the_function_answered(self, serve: Serve) -> None:
        files = {
            "functions/outer.py": F + "    return [functions.call('inner', {'n': 1}), functions.call('raw'), functions.call('page')]",
            "functions/inner.py": D + "    return {'n': request.data['n'] + 1, 'who': request.principal.type, 'how': request.action}",
            "functions/raw.py": D + "    return b'\\x00\\xff'[1]",
            "functions/page.py": D + "    response.headers['content-type'] = 'text/html'\n    return '<p>'",
        }  # fmt: skip
        answer = call(serve(app_of(files)), "outer")
        assert answer.json == [{"n": 2, "who": "anonymous", "how": "POST"}, 255, "<p>"]

    def test_bytes_stay_bytes(self, serve: Serve) -> None:
        files = {
            "functions/outer.py": F + "    return list(functions.call('inner'))",
            "functions/inner.py": D + "    return b'\\x00\\xff'",
        }
        assert call(serve(app_of(files)), "outer").json == [0, 255]

    @pytest.mark.parametrize(
        ("inner", "error"),
        [
            (D + "    1 / 0", (500, 901)),
            (D + "    request.cancel('no')", (500, 910)),
            ("from cloud import CloudError\n" + D + "    raise CloudError('m', code=7, status=418)", (418, 7)),
            (D + "    response.status_code = 403; return {'message': 'm', 'errorCode': 9}", (403, 9)),
            ("def on_request(:", (500, 951)),
        ],
        ids=["exception", "cancel", "own error", "own status", "does not compile"],
    )
    def test_an_error_reaches_the_caller_as_it_is(self, serve: Serve, inner: str, error: tuple[int, int]) -> None:
        caught = (
            "from cloud import CloudError, functions\n"
            + D
            + (
                "    try: functions.call('inner').anything\n    except CloudError as error: return [error.status, error.code]"
            )
        )
        files = {
            "functions/inner.py": inner,
            "functions/outer.py": F + "    return functions.call('inner')",
            "functions/catch.py": caught,
        }
        application = serve(app_of(files))
        assert call(application, "outer").error == error
        assert call(application, "catch").json == list(error)

    def test_the_callers_rights_or_the_master_keys(self, serve: Serve) -> None:
        files = {
            "functions/outer.py": F + "    return functions.call('inner', master=request.data)",
            "functions/inner.py": D + "    return request.principal.type",
        }
        application = serve(app_of(files, inner={"execute": []}))
        assert call(application, "outer", False).error == (403, 603)
        assert call(application, "outer", True).json == "masterKey"

    def test_depth_eight_is_the_deepest(self, serve: Serve) -> None:
        source = F + "    n = request.data or 0\n    return functions.call('f', n + 1) if n < {limit} else n"
        files = {
            f"functions/f{limit}.py": source.replace("{limit}", str(limit)).replace("'f'", f"'f{limit}'")
            for limit in (8, 9)
        }
        application = serve(app_of(files))
        assert call(application, "f8").json == 8
        deepest = call(application, "f9", headers=MASTER)
        assert deepest.error == (500, 617)
        assert deepest.json["message"].startswith("Endless loop in cloud code.")
        assert "functions/f9 > functions/f9" in deepest.json["message"]

    def test_calls_nest_side_by_side_without_a_deadlock(self, make_application: MakeApplication) -> None:
        """Eight requests at once, each of which nests three deep in three branches, on the fewest runners."""
        source = (
            "import asyncio\nfrom cloud import functions\nasync def on_request(request, response):\n"
            "    n = request.data\n"
            "    return sum(await asyncio.gather(*(functions.call('f', n - 1) for _ in range(3)))) if n else 1"
        )
        application = make_application(app_of({"functions/f.py": source}), runners=9)
        answers: list[int] = []
        callers = [threading.Thread(target=lambda: answers.append(call(application, "f", 2).json)) for _ in range(8)]
        for caller in callers:
            caller.start()
        for caller in callers:
            caller.join(100)
        assert answers == [9] * 8


class TestBudget:
    def test_host_calls_are_counted_over_the_whole_tree(self, make_application: MakeApplication) -> None:
        files = {
            "functions/outer.py": F + "    return [functions.call('inner', 3), functions.call('inner', 3)]",
            "functions/inner.py": "from cloud import secrets\n" + D + "    return [secrets.get(f'a{n}') for n in range(request.data)]",
        }  # fmt: skip
        enough, too_few = (make_application(app_of(files), host_calls=limit) for limit in (8, 7))
        assert call(enough, "outer").status == 200
        answer = call(too_few, "outer", headers=MASTER)
        assert answer.error == (500, 901)

    def test_what_is_beyond_the_limit_says_so(self, make_application: MakeApplication) -> None:
        source = "from cloud import secrets\n" + D + "    return [secrets.get(f'a{n}') for n in range(4)]"
        answer = call(make_application(app_of({"functions/f.py": source}), host_calls=3), "f", headers=MASTER)
        assert answer.json["details"]["message"] == "The request has used up its 3 calls to the host."

    def test_nested_calls_share_the_deadline(self, make_application: MakeApplication) -> None:
        files = {
            "functions/outer.py": F
            + "    try: return functions.call('inner', request.data).x\n    except BaseException: return 'caught'",
            "functions/inner.py": D + "    while request.data: pass",
        }
        application = make_application(app_of(files))
        application.warm_up()
        call(application, "outer", 0)
        started = time.monotonic()
        assert call_that_runs_over(application, "outer", 1, seconds=0.5).error == (500, 902)
        assert time.monotonic() - started < 30  # the settings give a minute

    def test_time_left(self, make_application: MakeApplication) -> None:
        source = "from cloud import time_left\n" + D + "    return time_left()"
        left = call(make_application(app_of({"functions/f.py": source}), budget_seconds=30), "f").json
        assert 20 < left <= 30

    @pytest.mark.slow
    def test_no_runner_in_time_is_650(self, make_application: MakeApplication) -> None:
        source = "from cloud import http\n" + D + "    return http.get('https://holding.example/').json()"
        with holding_server() as holding:
            application = make_application(
                app_of({"functions/f.py": source}),
                runners=1, depth=0, http_stand_ins={"https://holding.example": holding.url},
            )  # fmt: skip
            answers: list[Answer] = []
            first = threading.Thread(target=lambda: answers.append(call(application, "f")))
            first.start()
            holding.wait_for(1)
            assert call(application, "f", seconds=0.5).error == (408, 650)
            holding.release()
            first.join()
        assert answers[0].json == {"ok": True}
