"""What is printed for CloudWatch: all that was measured, within the limits of its format, and under few names."""

import json
import threading
from collections import Counter
from typing import Any

import pytest

from functions.metrics import CUSTOM, Metric, Metrics, code_of
from runtime.application import Application
from runtime.cloudcode.logs.record import CallRecord
from runtime.errors import CATALOGUE
from runtime.http.direct_invoke import InvocationFailed
from tests.conftest import MakeApplication

VALUES_OF_A_METRIC, BYTES_OF_AN_EVENT = 100, 256 * 1024
"""AWS limits; the second was raised since, but not everywhere at once."""

OK = {"statusCode": 200, "body": ""}


@pytest.fixture
def application(make_application: MakeApplication) -> Application:
    return make_application()


class Printed:
    """What was printed, read as CloudWatch does. Holds it to the limits of the format."""

    def __init__(self, text: str) -> None:
        self.namespaces: set[str] = set()
        self.values: dict[tuple[str, str], list[float]] = {}
        for line in text.splitlines():
            assert len(line) <= BYTES_OF_AN_EVENT
            self._read(json.loads(line))

    def _read(self, entry: dict[str, Any]) -> None:
        (directive,) = entry["_aws"]["CloudWatchMetrics"]
        self.namespaces.add(directive["Namespace"])
        (dimensions,) = directive["Dimensions"]
        assert set(dimensions) in ({"service"}, {"service", "code"})
        assert 0 < len(directive["Metrics"]) <= VALUES_OF_A_METRIC
        for metric in directive["Metrics"]:
            is_time = metric["Name"].endswith("Duration")
            assert metric["Unit"] == ("Milliseconds" if is_time else "Count")
            assert 0 < len(entry[metric["Name"]]) <= VALUES_OF_A_METRIC
            self.values.setdefault((metric["Name"], entry.get("code", "")), []).extend(entry[metric["Name"]])


def call(outcome: str = "ok", duration_ms: float = 1.5) -> CallRecord:
    return CallRecord("request-1", "app", "hello", 0, duration_ms, outcome)


def printed(capsys: pytest.CaptureFixture[str]) -> Printed:
    return Printed(capsys.readouterr().out)


def test_a_request(application: Application, capsys: pytest.CaptureFixture[str]) -> None:
    metrics = Metrics("api")
    for _ in range(2):
        metrics.measured(application, lambda: OK)
    found = printed(capsys)
    assert found.namespaces == {"Relive"}
    assert found.values.pop(("RequestDuration", ""))[0] >= 0
    assert found.values == {("Requests", "ok"): [1, 1], ("ColdStarts", ""): [1, 0], ("RunnerKills", ""): [0, 0]}


def test_the_stack_has_a_namespace_of_its_own(
    application: Application, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("POWERTOOLS_METRICS_NAMESPACE", "Relive/shop-dev")
    Metrics("api").measured(application, lambda: OK)
    assert printed(capsys).namespaces == {"Relive/shop-dev"}


@pytest.mark.parametrize("calls", [1, 99, 100, 101, 250, 500])
def test_no_call_is_lost(application: Application, capsys: pytest.CaptureFixture[str], calls: int) -> None:
    metrics = Metrics("api")

    def work() -> dict[str, Any]:
        for number in range(calls):
            metrics.write(call("902" if number % 3 == 0 else "ok", number))
        return OK

    metrics.measured(application, work)
    values = printed(capsys).values
    assert sorted(values["CallDuration", ""]) == list(range(calls))
    timed_out = len(range(0, calls, 3))
    assert Counter({code: len(values.get(("Calls", code), [])) for code in ("ok", "902")}) == Counter(
        {"ok": calls - timed_out, "902": timed_out}
    )


def test_calls_side_by_side(application: Application, capsys: pytest.CaptureFixture[str]) -> None:
    metrics = Metrics("api")
    threads = [threading.Thread(target=lambda: [metrics.write(call()) for _ in range(50)]) for _ in range(8)]

    def work() -> dict[str, Any]:
        for thread in threads:
            thread.start()
        return OK

    metrics.measured(application, work)
    for thread in threads:
        thread.join()
    metrics.measured(application, lambda: OK)  # those that ended after their request come with the next one
    assert len(printed(capsys).values["Calls", "ok"]) == 400


CODES = [
    ("an answer", {"statusCode": 200, "body": ""}, "ok"),
    ("a redirect", {"statusCode": 302, "body": ""}, "ok"),
    ("a code of the catalogue", {"statusCode": 404, "body": '{"errorCode":801}'}, "801"),
    ("that of a direct invoke", {"statusCode": 500, "body": {"errorCode": 902}}, "902"),
    ("one that user code made up", {"statusCode": 400, "body": '{"errorCode":4711}'}, CUSTOM),
    ("a text for a code", {"statusCode": 400, "body": '{"errorCode":"user-17"}'}, CUSTOM),
    ("true for a code", {"statusCode": 400, "body": '{"errorCode":true}'}, CUSTOM),
    ("a list for a code", {"statusCode": 400, "body": '{"errorCode":[1]}'}, CUSTOM),
    ("no code", {"statusCode": 400, "body": "[]"}, CUSTOM),
    ("no JSON", {"statusCode": 400, "body": "<p>"}, CUSTOM),
    ("no body", {"statusCode": 404, "body": ""}, CUSTOM),
]  # fmt: skip


@pytest.mark.parametrize(("name", "answer", "code"), CODES, ids=[row[0] for row in CODES])
def test_codes_of_answers(name: str, answer: dict[str, Any], code: str) -> None:
    assert code_of(answer) == code


def test_calls_have_few_codes(application: Application, capsys: pytest.CaptureFixture[str]) -> None:
    metrics = Metrics("api")
    for code in range(2000):
        metrics.write(call(str(code)))
    metrics.measured(application, lambda: OK)
    codes = {code for name, code in printed(capsys).values if name == Metric.CALLS}
    assert codes == {*map(str, (code for code in CATALOGUE if code < 2000)), CUSTOM}


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (InvocationFailed.of(902, "over"), "902"),
        (InvocationFailed.of(4711, "own"), CUSTOM),
        (KeyError("a defect"), "1"),
    ],
    ids=["an error that is to fail", "one of user code", "a defect"],
)
def test_what_is_raised_is_measured(
    application: Application, capsys: pytest.CaptureFixture[str], error: Exception, code: str
) -> None:
    def work() -> dict[str, Any]:
        raise error

    with pytest.raises(type(error)):
        Metrics("run").measured(application, work)
    assert printed(capsys).values["Requests", code] == [1]
