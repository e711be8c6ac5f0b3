"""Alarms and the dashboard are about metrics that there are, by the very names under which they are counted."""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest

from functions.metrics import CUSTOM, KNOWN, Metric, Metrics
from runtime.cloudcode.logs.record import CallRecord
from tests.conftest import ROOT, MakeApplication
from tests.template.conftest import MakeStack
from tests.template.examples import ADDRESS, TENANTS
from tests.template.stack import Stack
from tests.template.test_roles import PERMITTED_BY, TABLE

pytestmark = pytest.mark.slow

OWN = "Relive/relive"

ALARMS = {
    "ErrorAlarm": {("AWS/Lambda", "Errors")},
    "UnexpectedErrorAlarm": {(OWN, "Requests")},
    "ThrottleAlarm": {("AWS/Lambda", "Throttles")},
    "DurationAlarm": {("AWS/Lambda", "Duration")},
    "RunnerKillAlarm": {(OWN, "RunnerKills")},
    "TableThrottleAlarm": {("AWS/DynamoDB", "ReadThrottleEvents"), ("AWS/DynamoDB", "WriteThrottleEvents")},
    "TableErrorAlarm": {("AWS/DynamoDB", "SystemErrors")},
}

OF_AWS = {
    "AWS/Lambda": {"Invocations", "Errors", "Throttles", "Duration", "ConcurrentExecutions"},
    "AWS/DynamoDB": {
        "ConsumedReadCapacityUnits", "ConsumedWriteCapacityUnits", "ReadThrottleEvents", "WriteThrottleEvents",
        "TransactionConflict", "ConditionalCheckFailedRequests", "SystemErrors",
    },
}  # fmt: skip
"""Those that are used of AWS's own, as its documentation spells them."""

DIMENSIONS = {"AWS/Lambda": {"FunctionName"}, "AWS/DynamoDB": {"TableName"}}

Used = tuple[str, str, dict[str, Any]]


@pytest.fixture
def stack(make_stack: MakeStack) -> Stack:
    return make_stack()


def of_alarm(alarm: dict[str, Any]) -> Iterator[Used]:
    for metric in [stat["MetricStat"]["Metric"] for stat in alarm.get("Metrics", []) if "MetricStat" in stat] or [
        alarm
    ]:
        yield metric["Namespace"], metric["MetricName"], {pair["Name"]: pair["Value"] for pair in metric["Dimensions"]}


def dashboard(stack: Stack) -> dict[str, Any]:
    text, values = stack.resources["Dashboard"]["Properties"]["DashboardBody"]["Fn::Sub"]
    assert set(values) == {"Function"}
    found: dict[str, Any] = json.loads(text)
    return found


def of_dashboard(stack: Stack) -> Iterator[Used]:
    """`...` stands for the metric above; a search names its dimensions alone."""
    above: list[Any] = []
    for widget in dashboard(stack)["widgets"]:
        for row in widget["properties"].get("metrics", []):
            if isinstance(row[0], dict):
                found = re.fullmatch(
                    r"SEARCH\('\{\"(.*)\",(.*)\} MetricName=\"(\w+)\"', 'Sum', 300\)", row[0]["expression"]
                )
                assert found, row
                yield found[1], found[3], dict.fromkeys(found[2].split(","), "")
                continue
            above = above if row[0] == "..." else [part for part in row if isinstance(part, str)]
            names = above[2:]
            yield above[0], above[1], dict(zip(names[::2], names[1::2], strict=True))


def all_used(stack: Stack) -> list[Used]:
    alarms = stack.of_type("AWS::CloudWatch::Alarm").values()
    return [*(used for alarm in alarms for used in of_alarm(alarm)), *of_dashboard(stack)]


@pytest.fixture
def printed(make_application: MakeApplication, capsys: pytest.CaptureFixture[str]) -> set[tuple[str, frozenset[str]]]:
    """What the functions print: names of metrics with the names of their dimensions."""
    metrics = Metrics("api")
    metrics.write(CallRecord("request-1", "app", "hello", 0, 1, "ok"))
    metrics.measured(make_application(), lambda: {"statusCode": 200, "body": ""})
    entries = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    return {
        (metric["Name"], frozenset(dimensions))
        for entry in entries
        for directive in entry["_aws"]["CloudWatchMetrics"]
        for dimensions in directive["Dimensions"]
        for metric in directive["Metrics"]
    }


def test_own_metrics_are_those_that_are_printed(stack: Stack, printed: set[tuple[str, frozenset[str]]]) -> None:
    own = [(name, dimensions) for namespace, name, dimensions in all_used(stack) if namespace == OWN]
    assert {(name, frozenset(dimensions)) for name, dimensions in own} - printed == set()
    assert {name for name, _ in own} == set(Metric), "all of them are shown"
    assert {dimensions.get("code") for _, dimensions in own} <= {None, "", *KNOWN, CUSTOM}
    assert {dimensions["service"] for _, dimensions in own} == {"api", "run", ""}


def test_the_functions_measure_as_these_services(stack: Stack) -> None:
    for service in ("api", "run"):
        assert f'Metrics("{service}")' in (ROOT / "functions" / service / "app.py").read_text()


def test_the_others_are_those_of_aws(stack: Stack) -> None:
    for namespace, name, dimensions in all_used(stack):
        if namespace != OWN:
            assert name in OF_AWS[namespace]
            expected = DIMENSIONS[namespace] | ({"Operation"} if name == "SystemErrors" else set())
            assert set(dimensions) == expected
            for value in dimensions.values():
                text = value["Ref"] if isinstance(value, dict) else value
                assert (
                    text.strip("${}") in {"ApiFunction", "Function", "RunFunction", "Table"}
                    or expected != DIMENSIONS[namespace]
                )


def test_the_documentation_has_all_metrics_and_alarms(stack: Stack) -> None:
    text = (ROOT / "docs" / "deploy.md").read_text()
    by_code = {Metric.REQUESTS, Metric.CALLS}
    rows = re.findall(r"^\| `(\w+)` by `service`(, `code`)? \|", text, re.MULTILINE)
    assert rows == [(metric, ", `code`" if metric in by_code else "") for metric in Metric]
    assert set(re.findall(r"^\| `(\w+Alarm)` \|", text, re.MULTILINE)) == set(stack.of_type("AWS::CloudWatch::Alarm"))


class TestAlarms:
    def test_all_of_them(self, stack: Stack) -> None:
        alarms = stack.of_type("AWS::CloudWatch::Alarm")
        assert {name: {used[:2] for used in of_alarm(alarm)} for name, alarm in alarms.items()} == ALARMS

    def test_they_are_free_and_watch_operations_that_the_store_uses(self, stack: Stack) -> None:
        metrics = [used for alarm in stack.of_type("AWS::CloudWatch::Alarm").values() for used in of_alarm(alarm)]
        assert len(metrics) == 10, "so many are free in an account"
        alarm = stack.resources["TableErrorAlarm"]["Properties"]
        watched = {dimensions["Operation"] for *_, dimensions in of_alarm(alarm)}
        transactions = {name.title().replace("_", "") for name in PERMITTED_BY}
        rights = {action.removeprefix("dynamodb:") for action in TABLE}
        assert watched <= rights | transactions
        ids = [metric["Id"] for metric in alarm["Metrics"]]
        assert alarm["Metrics"][0]["Expression"] == f"SUM([{', '.join(ids[1:])}])"

    def test_no_traffic_is_no_alarm(self, stack: Stack) -> None:
        assert {alarm["TreatMissingData"] for alarm in stack.of_type("AWS::CloudWatch::Alarm").values()} == {
            "notBreaching"
        }

    def test_they_say_of_which_stage_they_are(self, make_stack: MakeStack) -> None:
        for alarm in make_stack(Stage="dev").of_type("AWS::CloudWatch::Alarm").values():
            assert alarm["AlarmDescription"].startswith("dev: ")

    def test_the_longest_duration_is_between_that_of_requests_and_lambdas(self, stack: Stack) -> None:
        function = stack.resources["ApiFunction"]["Properties"]
        budget = float(function["Environment"]["Variables"]["RELIVE_BUDGET_SECONDS"])
        threshold = stack.resources["DurationAlarm"]["Properties"]["Threshold"]
        assert budget * 1000 < threshold < function["Timeout"] * 1000

    def test_they_watch_the_function_that_gets_the_requests(self, make_stack: MakeStack) -> None:
        for parameters, function in (({}, "ApiFunction"), (TENANTS, "TenantFunction")):
            stack = make_stack(**parameters)
            watched = {
                dimensions["FunctionName"]["Ref"]
                for alarm in stack.of_type("AWS::CloudWatch::Alarm").values()
                for namespace, _, dimensions in of_alarm(alarm)
                if namespace == "AWS/Lambda"
            }
            assert watched == {function}
            body = stack.resources["Dashboard"]["Properties"]["DashboardBody"]
            assert body["Fn::Sub"][1] == {"Function": {"Ref": function}}

    @pytest.mark.parametrize(("email", "actions"), [("", []), (ADDRESS, [{"Ref": "AlarmTopic"}])])
    def test_who_is_told(self, make_stack: MakeStack, email: str, actions: list[Any]) -> None:
        stack = make_stack(AlarmEmail=email)
        for alarm in stack.of_type("AWS::CloudWatch::Alarm").values():
            assert alarm["AlarmActions"] == actions
        assert [topic["Subscription"] for topic in stack.of_type("AWS::SNS::Topic").values()] == [
            [{"Protocol": "email", "Endpoint": address}] for address in [email] if address
        ]

    def test_without_monitoring_there_are_none(self, make_stack: MakeStack) -> None:
        stack = make_stack(Monitoring="off", AlarmEmail=ADDRESS)
        assert not [name for name, resource in stack.resources.items() if "CloudWatch" in resource["Type"]]
        assert not stack.of_type("AWS::SNS::Topic")


class TestDashboard:
    def test_widgets_do_not_overlap(self, stack: Stack) -> None:
        taken: set[tuple[int, int]] = set()
        for widget in dashboard(stack)["widgets"]:
            cells = {
                (widget["x"] + column, widget["y"] + row)
                for column in range(widget["width"])
                for row in range(widget["height"])
            }
            assert not taken & cells
            assert widget["x"] + widget["width"] <= 24
            taken |= cells

    def test_it_stays_free(self, stack: Stack) -> None:
        """AWS: three dashboards with up to 50 metrics are free. A search counts for what it finds: codes that occur."""
        assert len(list(of_dashboard(stack))) + 2 * 10 <= 50


class TestBudget:
    def test_it_is_there_if_it_is_given(self, make_stack: MakeStack) -> None:
        assert not make_stack(AlarmEmail=ADDRESS).of_type("AWS::Budgets::Budget")
        (budget,) = make_stack(AlarmEmail=ADDRESS, MonthlyBudget="50").of_type("AWS::Budgets::Budget").values()
        assert budget["Budget"]["BudgetLimit"] == {"Amount": "50", "Unit": "USD"}
        for told in budget["NotificationsWithSubscribers"]:
            assert told["Subscribers"] == [{"SubscriptionType": "EMAIL", "Address": ADDRESS}]


@pytest.mark.parametrize("group", ["ApiLogs", "RunLogs", "KeyLogs"])
def test_logs_are_kept_for_as_long_as_was_asked_for(make_stack: MakeStack, group: str) -> None:
    stack = make_stack(LogDays="7")
    assert stack.resources[group]["Properties"] == {"RetentionInDays": "7"}
    functions = stack.of_type("AWS::Lambda::Function").values()
    assert {"Ref": group} in [function["LoggingConfig"]["LogGroup"] for function in functions]
