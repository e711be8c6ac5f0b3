"""What is kept of calls: the log, without secrets; and time-outs, which disable a function."""

import json
import time
from collections.abc import Callable

import pytest

from runtime.application import Application
from runtime.cloudcode.breaker import Breaker
from runtime.cloudcode.logs.record import CallRecord
from tests.cloudcode.calling import MASTER, SECRET, app_of, call, call_that_runs_over
from tests.function_url import Answer

MakeApplication = Callable[..., Application]
D = "def on_request(request, response):\n"
F = "from cloud import functions\n" + D


def records(application: Application, app: str = "app") -> list[CallRecord]:
    """The kept log, newest call first."""
    return [kept.record for kept in application.logs.page(app, limit=100)]


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
        source = "import time\n" + D + "    print('here')\n    time.sleep(request.data)"
        application = make_application(app_of({"functions/f.py": source}))
        application.warm_up()
        call(application, "f", 0)
        call_that_runs_over(application, "f", 60, seconds=0.5)
        record = records(application)[0]
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
        assert [line.level for line in record.lines] == ["warning"]


class TestSecrets:
    def call(self, application: Application, source: str, request_id: str = "request-1") -> Answer:
        """Call a function of this source with the master key."""
        files = {
            "functions/f.py": "from cloud import CloudError, functions, secrets\n" + source,
            "functions/g.py": "from cloud import secrets\n" + D + "    return secrets['KEY']",
        }
        application.apps.apply(app_of(files))
        return call(application, "f", headers=MASTER, request_id=request_id)

    def test_code_can_use_a_secret(self, with_secrets: Application) -> None:
        source = D + "    return [len(secrets['KEY']), 'KEY' in secrets, secrets.get('NO', 'd')]"
        assert self.call(with_secrets, source).json == [len(SECRET), True, "d"]

    def test_a_missing_one_says_how_to_set_it(self, with_secrets: Application) -> None:
        answer = self.call(with_secrets, D + "    return secrets['NO']")
        assert "relive secrets set NO" in answer.json["details"]["message"]

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
    def test_it_leaves_by_no_ordinary_way(self, with_secrets: Application, source: str) -> None:
        request_id = f"request-{len(records(with_secrets))}"
        answer = self.call(with_secrets, source, request_id)
        logged = [record.to_json() for record in records(with_secrets) if record.request_id == request_id]
        told = json.dumps([answer.text, dict(answer.headers), logged])
        assert SECRET not in told
        assert "[secret KEY]" in told

    def test_functions_give_it_to_each_other(self, with_secrets: Application) -> None:
        source = D + "    return len(str(functions.call('g')))"
        assert self.call(with_secrets, source).json == len(SECRET)


class TestBreaker:
    @pytest.mark.slow
    def test_a_function_that_runs_over_again_and_again_is_disabled(self, make_application: MakeApplication) -> None:
        application = make_application(
            app_of({"functions/f.py": D + "    while request.data: pass", "functions/g.py": D + "    return 1"}),
            budget_seconds=0.6, breaker_timeouts=3, cache_seconds=0,
        )  # fmt: skip
        application.warm_up()
        call(application, "f", 0)  # compiles the file, which would take from the time of the first one below
        assert [call(application, "f", 1).error for _ in range(4)] == [(500, 902)] * 3 + [(500, 955)]
        assert call(application, "g").json == 1
        Breaker(application.store).enable("app", "f")
        assert call(application, "f", 0).status == 200

    def test_a_forgotten_done_does_not_count(self, make_application: MakeApplication) -> None:
        source = "def on_request(request, response, done): pass"
        application = make_application(app_of({"functions/f.py": source}), breaker_timeouts=2)
        assert [call(application, "f").error for _ in range(4)] == [(500, 902)] * 4

    @pytest.mark.slow
    def test_who_waits_for_another_function_is_not_counted(self, make_application: MakeApplication) -> None:
        files = {
            "functions/outer.py": F + "    return functions.call('inner', request.data)",
            "functions/inner.py": D + "    import time; time.sleep(request.data)",
        }
        application = make_application(app_of(files), budget_seconds=2, breaker_timeouts=1)
        application.warm_up()
        call(application, "outer", 0, seconds=60)
        disabled = False
        for seconds in (2, 20):  # on a busy machine the inner one may begin too late in the first to be counted
            assert call(application, "outer", 60, seconds=seconds).error == (500, 902)
            end = time.monotonic() + 5
            while not disabled and time.monotonic() < end:  # it ends beside its caller
                disabled = call(application, "inner", 0, seconds=60).code == 955
            if disabled:
                break
        assert disabled
        assert call(application, "outer", 0).error == (500, 955), "the error of the disabled function it calls"
        assert records(application)[0].function == "outer"
