"""In Lambda the log is JSON, an entry for each line and one for the ending."""

import io
import json
from dataclasses import replace
from typing import Any

import pytest
from aws_lambda_powertools import Logger

from runtime.cloudcode.logs.powertools import PowertoolsLog
from runtime.cloudcode.logs.record import CallRecord, LogLine
from tests.cloudcode.logs.calls import CALL, FAILED


def written(record: CallRecord, request: pytest.FixtureRequest) -> list[dict[str, Any]]:
    stream = io.TextIOWrapper(io.BytesIO(), encoding="utf-8", write_through=True)
    logger = Logger(service=request.node.nodeid, level="DEBUG", stream=stream)
    PowertoolsLog(logger).write(record)
    return [json.loads(line) for line in stream.buffer.getvalue().decode().splitlines()]


def test_every_entry_tells_the_call(request: pytest.FixtureRequest) -> None:
    line, ending = written(CALL, request)
    call = {"request_id": "4c1e", "app": "bookstore", "function": "order"}
    for entry in (line, ending):
        assert {key: entry[key] for key in call} == call
    assert (line["level"], line["message"], line["fields"]) == ("INFO", "ordered", {"copies": 2, "book": "Middlemarch"})
    assert line["logged_at"] == "2023-11-14T22:13:20.600Z"
    assert (ending["level"], ending["message"], ending["outcome"]) == ("INFO", "order: ok", "ok")
    assert (ending["duration_ms"], ending["started_at"]) == (12.3, "2023-11-14T22:13:20.500Z")


@pytest.mark.parametrize(
    ("outcome", "level"),
    [("901", "ERROR"), ("902", "ERROR"), ("951", "ERROR"), ("910", "INFO"), ("4001", "INFO")],
)
def test_the_level_of_an_ending(request: pytest.FixtureRequest, outcome: str, level: str) -> None:
    *_, ending = written(replace(FAILED, outcome=outcome), request)
    assert ending["level"] == level
    assert ending["details"]["frames"][0]["line"] == 3


@pytest.mark.parametrize("level", ["debug", "info", "warning", "error"])
def test_the_level_of_a_line(request: pytest.FixtureRequest, level: str) -> None:
    line, _ = written(replace(CALL, lines=[LogLine(0, level, "x")]), request)
    assert line["level"] == level.upper()


@pytest.mark.parametrize(
    ("message", "fields", "expected"),
    [
        ("100 % of %s", {}, "100 % of %s"),
        ("x", {"message": "y", "level": "z", "name": "n", "args": [1], "request_id": "forged"}, "x"),
        ("half \ud83d", {"half": "\ude42"}, "half ?"),
        ("one\ntwo", {}, "one\ntwo"),
    ],
    ids=["percent signs", "names of the entry's own keys", "half a character", "several lines"],
)
def test_user_code_cannot_spoil_an_entry(
    request: pytest.FixtureRequest, message: str, fields: dict[str, Any], expected: str
) -> None:
    line, ending = written(replace(CALL, lines=[LogLine(0, "info", message, fields)]), request)
    assert line["message"] == expected
    assert line["request_id"] == ending["request_id"] == "4c1e"
    assert set(line["fields"]) == set(fields)
