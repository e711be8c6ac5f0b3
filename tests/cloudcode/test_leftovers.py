"""What is left of a call when it is over: nothing. And guests that ask for too much, write too much, or lie."""

import json
import time
from collections.abc import Callable

import pytest

from runtime.application import Application
from runtime.cloudcode.logs.record import CallRecord
from tests.cloudcode.calling import MASTER, SECRET, Serve, app_of, call
from tests.holding_server import holding_server

MakeApplication = Callable[..., Application]
D = "def on_request(request, response):\n"
HELLO = {"functions/hello.py": D + "    return 'hello'"}


def host_calls(application: Application) -> int:
    """How many threads work on them."""
    return application.sandbox._threads.at_work


def wait_until(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.02)


def test_calls_out_end_with_the_call_that_made_them(make_application: MakeApplication) -> None:
    source = (
        "import asyncio\nfrom cloud import http\nasync def on_request(request, response):\n"
        "    calls = [asyncio.wait_for(http.get('https://silent.example/'), 0.05) for _ in range(64)]\n"
        "    return len(await asyncio.gather(*calls, return_exceptions=True))"
    )
    with holding_server() as silent:
        application = make_application(
            app_of({"functions/f.py": source}), http_stand_ins={"https://silent.example": silent.url}
        )
        assert call(application, "f").json == 64
        wait_until(lambda: host_calls(application) == 0)


def test_nested_calls_end_with_the_call_that_made_them(make_application: MakeApplication) -> None:
    """They must not go on holding runners that others wait for."""
    leave = (
        "import json, wit_world\n"
        + D
        + "    for _ in range(8): wit_world.start('functions.call', json.dumps({'name': 'sleeper'}))\n    return 'left'"
    )
    files = {**HELLO, "functions/leave.py": leave, "functions/sleeper.py": D + "    import time; time.sleep(60)"}
    application = make_application(app_of(files), runners=9)
    assert call(application, "leave").json == "left"
    started = time.monotonic()
    assert call(application, "hello").json == "hello"
    assert time.monotonic() - started < 20
    wait_until(lambda: host_calls(application) == 0)


# Each of these ends as what it is, and the next call is well.
GREEDY = {
    "a flood of host calls": "    while True: wit_world.start('nope', 'x' * 1_000_000)",
    "a flood of small ones": "    while True: wit_world.start('nope', '{}')",
    "a huge argument": "    wit_world.start('nope', 'x' * 20_000_000)",
    "a huge log line": "    wit_world.log('x' * 20_000_000)",
}
SLOW = {"a flood of host calls"}


@pytest.mark.parametrize(
    "source",
    [pytest.param(source, id=name, marks=pytest.mark.slow if name in SLOW else ()) for name, source in GREEDY.items()],
)
def test_a_guest_that_hands_over_too_much_is_stopped(make_application: MakeApplication, source: str) -> None:
    files = {**HELLO, "functions/greedy.py": "import wit_world\n" + D + source}
    application = make_application(app_of(files), budget_seconds=800)
    started = time.monotonic()
    assert call(application, "greedy").error == (500, 901)
    assert time.monotonic() - started < 400  # long before the deadline
    assert call(application, "hello").json == "hello"


def newest(application: Application) -> CallRecord:
    """What is kept of the last call."""
    (kept,) = application.logs.page("app", limit=1)
    return kept.record


def test_lines_without_text_count_too(serve: Serve) -> None:
    source = "import wit_world\n" + D + "    for _ in range(20_000): wit_world.log('')"
    application = serve(app_of({"functions/f.py": source}))
    assert call(application, "f").status == 200
    assert 1 <= len(newest(application).lines) <= 64 * 1024 // 64 + 1


def test_headers_that_were_left_out_are_one_line(serve: Serve) -> None:
    source = D + "    for n in range(500): response.headers[f'x-amz-{n}'] = ''"
    application = serve(app_of({"functions/f.py": source}))
    call(application, "f")
    assert len(newest(application).lines) == 1


DEEP = "    x = []\n    for _ in range(600): x = [x]\n"
ODD_LINES = {
    "a moment beyond all time": '{"time": 1e999, "level": "info", "message": "m"}',
    "a moment of 400 digits": '{"time": ' + "9" * 400 + ', "level": "info", "message": "m"}',
    "fields nested without end": '{"time": 1, "level": "info", "message": "m", "fields": {"a": ' + "[" * 600 + "]" * 600 + "}}",
}  # fmt: skip


@pytest.mark.parametrize("line", ODD_LINES.values(), ids=ODD_LINES)
def test_an_odd_line_is_kept_as_a_message(with_secrets: Application, line: str) -> None:
    with_secrets.apps.apply(
        app_of({"functions/f.py": f"import wit_world\n{D}    wit_world.log({line!r})\n    return 1"})
    )
    assert call(with_secrets, "f").json == 1
    assert [one.message for one in newest(with_secrets).lines] == [line]


def test_deep_fields_of_an_honest_log_line(with_secrets: Application) -> None:
    source = "from cloud import log\n" + D + DEEP + "    log.info('deep', value=x)\n    return 1"
    with_secrets.apps.apply(app_of({"functions/f.py": source}))
    assert call(with_secrets, "f", request_id="deep").json == 1
    assert newest(with_secrets).request_id == "deep"


@pytest.mark.parametrize(
    "source",
    [DEEP + "    return [secrets['KEY'], x]", "    return [secrets['KEY'], 10 ** 4000]"],
    ids=["deep", "a long number"],
)
def test_odd_values_beside_a_secret(with_secrets: Application, source: str) -> None:
    with_secrets.apps.apply(app_of({"functions/f.py": "from cloud import secrets\n" + D + source}))
    answer = call(with_secrets, "f")
    assert answer.status == 200 or answer.error == (500, 901)
    assert SECRET not in answer.text


def test_huge_details_are_cut(serve: Serve) -> None:
    told = {"ending": "failed", "details": {"type": "T", "message": "m", "frames": ["x" * 5_000_000]}}
    source = f"import guest, json\nguest.WitWorld.handle = lambda *_: json.dumps({told!r})\n{D}    pass"
    answer = call(serve(app_of({"functions/f.py": source})), "f", headers=MASTER)
    assert answer.error == (500, 901)
    assert len(answer.text) < 100_000


@pytest.mark.slow
class TestBreakerCountsTheRightOne:
    def test_not_who_is_called_at_the_last_moment(self, make_application: MakeApplication) -> None:
        late = (
            "import time\nfrom cloud import functions, time_left\n"
            + D
            + "    if request.data: time.sleep(max(0, time_left() - request.data))\n"
            + "    functions.call('good', 60 * request.data)"
        )
        good = D + "    import time; time.sleep(request.data)"
        files = {"functions/late.py": late, "functions/good.py": good}
        for seconds in (1.2, 12):  # a busy machine may not come to the good one in what is left of the first
            application = make_application(app_of(files), budget_seconds=seconds, breaker_timeouts=1)
            application.warm_up()
            call(application, "late", 0, seconds=60)
            code = call(application, "late", seconds / 4).code
            time.sleep(0.3)
            assert call(application, "good", 0, seconds=60).status == 200
            ends = [(kept.record.function, kept.record.outcome) for kept in application.logs.page("app", limit=9)]
            if ("good", "902") in ends:
                assert code == 902
                return
        raise AssertionError("the good one was never called")

    def test_not_who_is_called_with_a_short_timeout(self, make_application: MakeApplication) -> None:
        caller = (
            "from cloud import http\n"
            + D
            + "    try: return http.get(request.api_url + '/Functions/good', timeout=0.1).status\n"
            + "    except http.HttpError: return 'too slow'"
        )
        files = {"functions/caller.py": caller, "functions/good.py": D + "    import time; time.sleep(0.3)"}
        application = make_application(app_of(files), breaker_timeouts=1)
        call(application, "caller")
        time.sleep(0.3)
        assert call(application, "good").status == 200


def test_settings_do_not_tell_their_values(monkeypatch: pytest.MonkeyPatch) -> None:
    from pydantic import ValidationError

    from runtime.settings import Settings

    monkeypatch.setenv("RELIVE_RUNNERS", "3")
    monkeypatch.setenv("RELIVE_MASTER_KEY", "the-master-key")
    monkeypatch.setenv("RELIVE_SECRETS", json.dumps({"KEY": "the-secret"}))
    with pytest.raises(ValidationError) as raised:
        Settings()
    assert "the-" not in str(raised.value)
