"""Cloud functions beyond how they end: requests, permissions, nesting, budgets, logs and secrets."""

import contextlib
import json
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from runtime.application import Application
from runtime.cloudcode.breaker import Breaker
from runtime.cloudcode.logs.kept import KeptLogs
from runtime.cloudcode.logs.record import CallRecord
from tests.cloudcode.calling import MASTER, app_of, call

MakeApplication = Callable[..., Application]
D = "def on_request(request, response):\n"
F = "from cloud import functions\n" + D


def records(application: Application, app: str = "app") -> list[CallRecord]:
    """The kept log, newest call first."""
    return [kept.record for kept in KeptLogs(application.store).page(app, limit=100)]


class TestRequest:
    """What a function sees of a request. The body's forms are in the tests of the front."""

    SEEN = D + (
        "    return [request.action, request.data, request.query_string, request.headers.get('X-Test'),\n"
        "        request.principal.type, request.principal.roles, request.custom_parameters, request.api_url]"
    )

    @pytest.mark.parametrize("method", ["GET", "POST", "PUT", "DELETE", "PATCH"])
    def test_all_of_it(self, make_application: MakeApplication, method: str) -> None:
        application = make_application(app_of({"functions/f.py": self.SEEN}))
        headers = {"x-test": "yes", "x-everlive-custom-parameters": '{"a": 1}'}
        data = None if method == "GET" else {"b": [2]}
        answer = call(application, "f", data, method=method, query="c=3&d=a%20b", headers=headers)
        expected = [
            method,
            data,
            {"c": "3", "d": "a b"},
            "yes",
            "anonymous",
            ["Anonymous"],
            {"a": 1},
            "https://api.test/v1/app",
        ]
        assert answer.json == expected

    def test_the_master_key(self, make_application: MakeApplication) -> None:
        application = make_application(
            app_of({"functions/f.py": D + "    return [request.principal.type, 'authorization' in request.headers]"})
        )
        assert call(application, "f", headers=MASTER).json == ["masterKey", False]

    @pytest.mark.parametrize("name", ["f", "F"])
    def test_the_case_of_a_name_does_not_matter(self, make_application: MakeApplication, name: str) -> None:
        assert call(make_application(app_of({"functions/f.py": D + "    return request.function"})), name).json == "f"

    def test_an_unknown_function(self, make_application: MakeApplication) -> None:
        assert call(make_application(app_of({"functions/f.py": D})), "g").error == (404, 600)


class TestPermission:
    ROWS = {
        "no rule: anyone": (None, {}, 200),
        "the role of strangers": (["Anonymous"], {}, 200),
        "another role": (["Registered"], {}, 603),
        "nobody": ([], {}, 603),
        "nobody, but the master key": ([], MASTER, 200),
    }

    @pytest.mark.parametrize(("execute", "headers", "expected"), ROWS.values(), ids=ROWS)
    def test_execute(
        self, make_application: MakeApplication, execute: list[str] | None, headers: dict[str, str], expected: int
    ) -> None:
        application = make_application(app_of({"functions/f.py": D + "    return 1"}, f={"execute": execute}))
        answer = call(application, "f", headers=headers)
        assert (answer.status if answer.status == 200 else answer.json["errorCode"]) == expected
        if expected == 603:
            assert answer.json["message"] == "Access Denied. EXECUTE access on function 'f' denied for anonymous user."


class TestNesting:
    def test_a_call_answers_what_the_function_answered(self, make_application: MakeApplication) -> None:
        files = {
            "functions/outer.py": F + "    return [functions.call('inner', {'n': 1}), functions.call('raw'), functions.call('page')]",
            "functions/inner.py": D + "    return {'n': request.data['n'] + 1, 'who': request.principal.type, 'how': request.action}",
            "functions/raw.py": D + "    return b'\\x00\\xff'[1]",
            "functions/page.py": D + "    response.headers['content-type'] = 'text/html'\n    return '<p>'",
        }  # fmt: skip
        answer = call(make_application(app_of(files)), "outer")
        assert answer.json == [{"n": 2, "who": "anonymous", "how": "POST"}, 255, "<p>"]

    def test_bytes_stay_bytes(self, make_application: MakeApplication) -> None:
        files = {
            "functions/outer.py": F + "    return list(functions.call('inner'))",
            "functions/inner.py": D + "    return b'\\x00\\xff'",
        }
        assert call(make_application(app_of(files)), "outer").json == [0, 255]

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
    def test_an_error_reaches_the_caller_as_it_is(
        self, make_application: MakeApplication, inner: str, error: tuple[int, int]
    ) -> None:
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
        application = make_application(app_of(files))
        assert call(application, "outer").error == error
        assert call(application, "catch").json == list(error)

    def test_the_callers_rights_or_the_master_keys(self, make_application: MakeApplication) -> None:
        files = {
            "functions/outer.py": F + "    return functions.call('inner', master=request.data)",
            "functions/inner.py": D + "    return request.principal.type",
        }
        application = make_application(app_of(files, inner={"execute": []}))
        assert call(application, "outer", False).error == (403, 603)
        assert call(application, "outer", True).json == "masterKey"

    def test_depth_eight_is_the_deepest(self, make_application: MakeApplication) -> None:
        source = F + "    n = request.data or 0\n    return functions.call('f', n + 1) if n < {limit} else n"
        files = {
            f"functions/f{limit}.py": source.replace("{limit}", str(limit)).replace("'f'", f"'f{limit}'")
            for limit in (8, 9)
        }
        application = make_application(app_of(files))
        assert call(application, "f8").json == 8
        deepest = call(application, "f9", headers=MASTER)
        assert deepest.error == (500, 617)
        assert deepest.json["message"].startswith("Endless loop in cloud code.")
        assert "functions/f9 > functions/f9" in deepest.json["message"]

    def test_calls_nest_side_by_side_without_a_deadlock(self, make_application: MakeApplication) -> None:
        """Sixteen requests at once, each of which nests three deep in three branches, on the fewest runners."""
        source = (
            "import asyncio\nfrom cloud import functions\nasync def on_request(request, response):\n"
            "    n = request.data\n"
            "    return sum(await asyncio.gather(*(functions.call('f', n - 1) for _ in range(3)))) if n else 1"
        )
        application = make_application(app_of({"functions/f.py": source}), runners=9)
        answers: list[int] = []
        callers = [threading.Thread(target=lambda: answers.append(call(application, "f", 2).json)) for _ in range(16)]
        for caller in callers:
            caller.start()
        for caller in callers:
            caller.join(100)
        assert answers == [9] * 16


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
            + "    try: return functions.call('inner').x\n    except BaseException: return 'caught'",
            "functions/inner.py": D + "    while True: pass",
        }
        started = time.monotonic()
        answer = call(make_application(app_of(files), budget_seconds=0.5), "outer")
        assert answer.error == (500, 902)
        assert time.monotonic() - started < 5

    def test_time_left(self, make_application: MakeApplication) -> None:
        source = "from cloud import time_left\n" + D + "    return time_left()"
        left = call(make_application(app_of({"functions/f.py": source}), budget_seconds=30), "f").json
        assert 20 < left <= 30

    def test_no_runner_in_time_is_650(self, make_application: MakeApplication) -> None:
        application = make_application(app_of({"functions/f.py": D + "    import time; time.sleep(request.data)"}), runners=1, depth=0, budget_seconds=0.6)  # fmt: skip
        first = threading.Thread(target=call, args=(application, "f", 30))
        first.start()
        time.sleep(0.3)
        answer = call(application, "f", 0)
        first.join()
        # The first call is killed at its own deadline; the second may get its runner then, if it has any time left.
        assert answer.status in (200, 408)
        assert answer.status == 200 or answer.error == (408, 650)


class Slow(BaseHTTPRequestHandler):
    """Answers after 200 ms with how many requests were in it at the same time at most."""

    lock = threading.Lock()
    inside = 0
    most = 0

    def do_GET(self) -> None:
        cls = type(self)
        with cls.lock:
            cls.inside += 1
            cls.most = max(cls.most, cls.inside)
        time.sleep(30 if self.path == "/forever" else 0.2)
        with cls.lock:
            cls.inside -= 1
        with contextlib.suppress(BrokenPipeError):  # who called did not wait for it
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b'{"ok": true}')

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture
def slow_server() -> Iterator[tuple[type[Slow], str]]:
    handler = type("Handler", (Slow,), {"inside": 0, "most": 0, "lock": threading.Lock()})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield handler, f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


class TestHttp:
    def test_three_gathered_calls_run_side_by_side(
        self, make_application: MakeApplication, slow_server: tuple[type[Slow], str]
    ) -> None:
        handler, address = slow_server
        source = (
            "import asyncio\nfrom cloud import http\nasync def on_request(request, response):\n"
            "    answers = await asyncio.gather(*(http.get('https://slow.example/') for _ in range(3)))\n"
            "    return [answer.json() for answer in answers]"
        )
        application = make_application(
            app_of({"functions/f.py": source}), http_stand_ins={"https://slow.example": address}
        )
        assert call(application, "f").json == [{"ok": True}] * 3
        assert handler.most == 3, "seen by the server they call"

    def test_what_was_never_awaited_is_finished(
        self, make_application: MakeApplication, slow_server: tuple[type[Slow], str]
    ) -> None:
        handler, address = slow_server
        source = "from cloud import http\n" + D + "    http.get('https://slow.example/')"
        application = make_application(
            app_of({"functions/f.py": source}), http_stand_ins={"https://slow.example": address}
        )
        started = time.monotonic()
        assert call(application, "f").json == {}
        assert time.monotonic() - started >= 0.2
        assert handler.most == 1

    def test_the_deadline_inside_a_call_out_is_902(
        self, make_application: MakeApplication, slow_server: tuple[type[Slow], str]
    ) -> None:
        _, address = slow_server
        source = (
            "from cloud import http\n"
            + D
            + "    try: return http.get('https://slow.example/forever').status\n    except Exception: return 'caught'"
        )
        application = make_application(
            app_of({"functions/f.py": source}), http_stand_ins={"https://slow.example": address}, budget_seconds=0.7
        )
        assert call(application, "f").error == (500, 902)

    @pytest.mark.parametrize("url", ["http://127.0.0.1/", "http://169.254.169.254/latest/meta-data/", "http://[::1]/"])
    def test_private_addresses_are_blocked(self, make_application: MakeApplication, url: str) -> None:
        source = "from cloud import http\n" + D + f"    return http.get('{url}').status"
        answer = call(make_application(app_of({"functions/f.py": source})), "f", headers=MASTER)
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

    def test_a_loop_through_the_own_api_ends_in_617(self, make_application: MakeApplication) -> None:
        source = "from cloud import http\n" + D + "    return http.get(request.api_url + '/Functions/f').json()"
        answer = call(make_application(app_of({"functions/f.py": source})), "f")
        assert answer.json["errorCode"] == 617


class TestLog:
    def test_a_call_is_kept_with_its_lines(self, make_application: MakeApplication) -> None:
        source = (
            "from cloud import log\nprint('loading')\n" + D + "    log.warning('low', left=3)\n    print('printed')"
        )
        application = make_application(app_of({"functions/f.py": source}))
        call(application, "f", request_id="the-id")
        (record,) = records(application)
        assert (record.request_id, record.app, record.function, record.outcome) == ("the-id", "app", "f", "ok")
        assert record.duration_ms > 0
        lines = [(line.level, line.message, dict(line.fields)) for line in record.lines]
        assert lines == [("info", "loading", {}), ("warning", "low", {"left": 3}), ("info", "printed", {})]

    def test_a_failed_call_is_kept_with_its_details(self, make_application: MakeApplication) -> None:
        application = make_application(app_of({"functions/f.py": D + "    print('before')\n    1 / 0"}))
        call(application, "f")
        (record,) = records(application)
        assert record.outcome == "901"
        assert [line.message for line in record.lines] == ["before"]
        assert record.details["type"] == "ZeroDivisionError"
        assert record.details["line"] == 3

    def test_what_a_call_wrote_before_it_ran_out_of_time_is_kept(self, make_application: MakeApplication) -> None:
        application = make_application(
            app_of({"functions/f.py": D + "    print('here')\n    while True: pass"}), budget_seconds=0.5
        )
        call(application, "f")
        (record,) = records(application)
        assert (record.outcome, [line.message for line in record.lines]) == ("902", ["here"])

    def test_a_long_log_is_cut_with_a_note(self, make_application: MakeApplication) -> None:
        application = make_application(
            app_of({"functions/f.py": D + "    for n in range(5000): print(n, 'x' * 50)"}), log_kb=64
        )
        assert call(application, "f").status == 200
        (record,) = records(application)
        assert record.lines[-1].message == "The log of this call was cut here, at 64 KB."
        assert sum(len(line.message) for line in record.lines) < 64 * 1024

    def test_headers_left_out_are_noted(self, make_application: MakeApplication) -> None:
        source = D + "    response.headers |= {'Set-Cookie': 'a=b', 'Access-Control-Allow-Origin': 'x', 'X-Mine': 'y'}"
        source = source.replace("|= ", ".update(").replace("'y'}", "'y'})").replace("headers .update", "headers.update")
        application = make_application(app_of({"functions/f.py": source}))
        answer = call(application, "f")
        assert "set-cookie" not in answer.headers
        assert answer.headers["access-control-allow-origin"] == "*"
        assert answer.headers["x-mine"] == "y"
        (record,) = records(application)
        assert [line.level for line in record.lines] == ["warning", "warning"]


class TestSecrets:
    VALUE = "correct-horse-battery"

    def application(self, make_application: MakeApplication, source: str) -> Application:
        return make_application(
            app_of({"functions/f.py": "from cloud import CloudError, functions, secrets\n" + source, "functions/g.py": "from cloud import secrets\n" + D + "    return secrets['KEY']"}),
            secrets={"app": {"KEY": self.VALUE}, "other": {"KEY": "the other app's key"}},
        )  # fmt: skip

    def test_code_can_use_a_secret(self, make_application: MakeApplication) -> None:
        application = self.application(
            make_application, D + "    return [len(secrets['KEY']), 'KEY' in secrets, secrets.get('NO', 'd')]"
        )
        assert call(application, "f").json == [len(self.VALUE), True, "d"]

    def test_a_missing_one_says_how_to_set_it(self, make_application: MakeApplication) -> None:
        application = self.application(make_application, D + "    return secrets['NO']")
        assert "relive secrets set NO" in call(application, "f", headers=MASTER).json["details"]["message"]

    WAYS_OUT = {
        "body": D + "    return {'a': [secrets['KEY']]}",
        "text": D + "    response.headers['content-type'] = 'text/plain'\n    return 'is ' + secrets['KEY']",
        "bytes": D + "    response.headers['content-type'] = 'text/plain'\n    return secrets['KEY'].encode()",
        "header": D + "    response.headers['X-Key'] = secrets['KEY']",
        "own error": D + "    raise CloudError(secrets['KEY'])",
        "cancel": D + "    request.cancel(secrets['KEY'])",
        "exception": D + "    raise ValueError(secrets['KEY'])",
        "log": D + "    print(secrets['KEY'])",
        "nested": D + "    return functions.call('g')",
    }

    @pytest.mark.parametrize("source", WAYS_OUT.values(), ids=WAYS_OUT)
    def test_it_leaves_by_no_ordinary_way(self, make_application: MakeApplication, source: str) -> None:
        application = self.application(make_application, source)
        answer = call(application, "f", headers=MASTER)
        told = json.dumps([answer.text, dict(answer.headers), [record.to_json() for record in records(application)]])
        assert self.VALUE not in told
        assert "[secret KEY]" in told

    def test_functions_give_it_to_each_other(self, make_application: MakeApplication) -> None:
        application = self.application(make_application, D + "    return len(str(functions.call('g')))")
        assert call(application, "f").json == len(self.VALUE)


class TestBreaker:
    def test_a_function_that_runs_over_again_and_again_is_disabled(self, make_application: MakeApplication) -> None:
        application = make_application(
            app_of({"functions/f.py": D + "    while request.data: pass", "functions/g.py": D + "    return 1"}),
            budget_seconds=0.15, breaker_timeouts=3,
        )  # fmt: skip
        assert [call(application, "f", 1).error for _ in range(4)] == [(500, 902)] * 3 + [(500, 955)]
        assert call(application, "g").json == 1
        Breaker(application.store).enable("app", "f")
        assert call(application, "f", 0).status == 200

    def test_a_forgotten_done_does_not_count(self, make_application: MakeApplication) -> None:
        source = "def on_request(request, response, done): pass"
        application = make_application(app_of({"functions/f.py": source}), breaker_timeouts=2)
        assert [call(application, "f").error for _ in range(4)] == [(500, 902)] * 4

    def test_who_waits_for_another_function_is_not_counted(self, make_application: MakeApplication) -> None:
        files = {
            "functions/outer.py": F + "    return functions.call('inner')",
            "functions/inner.py": D + "    while True: pass",
        }
        application = make_application(app_of(files), budget_seconds=0.3, breaker_timeouts=1)
        assert call(application, "outer").error == (500, 902)
        end = time.monotonic() + 20
        while "inner" not in [record.function for record in records(application)]:  # it ends beside its caller
            assert time.monotonic() < end
            time.sleep(0.01)
        assert call(application, "inner").error == (500, 955)
        assert call(application, "outer").error == (500, 955), "the error of the disabled function it calls"
        assert records(application)[0].function == "outer"
