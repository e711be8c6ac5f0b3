"""What a function answered, as the guest tells it to the host."""

import base64
import json
import math

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.sandbox.guest_calls import Call, plain

# What is returned, as JSON. name: (expression, JSON)
JSON: dict[str, tuple[str, str]] = {
    "a dict": ("{'a': 1, 'b': [True, False, None]}", '{"a":1,"b":[true,false,null]}'),
    "a text": ("'é \U0001f600 \\n \"'", '"é \U0001f600 \\n \\""'),
    "an empty text": ("''", '""'),
    "zero": ("0", "0"),
    "false": ("False", "false"),
    "a float": ("[0.1, 1e300, -0.0, 1.0]", "[0.1,1e+300,-0.0,1.0]"),
    "a large integer": ("2 ** 70", "1180591620717411303424"),
    "a tuple": ("(1, (2, 3))", "[1,[2,3]]"),
    "a named tuple": ("__import__('collections').namedtuple('P', 'x y')(1, 2)", "[1,2]"),
    "keys that are no texts": ("{1: 'a', 2.5: 'b', True: 'c', None: 'd'}", '{"1":"c","2.5":"b","null":"d"}'),
    "a datetime with a zone": ("datetime(2024, 1, 2, 3, 4, 5, 678900, timezone(timedelta(hours=2)))", '"2024-01-02T01:04:05.678Z"'),
    "a datetime without a zone is UTC": ("datetime(2024, 1, 2, 3, 4, 5)", '"2024-01-02T03:04:05.000Z"'),
    "a date": ("date(2024, 1, 2)", '"2024-01-02"'),
    "a time": ("time(3, 4, 5)", '"03:04:05"'),
    "whole decimals": ("[Decimal('3'), Decimal('3.00'), Decimal('1E+3')]", "[3,3,1000]"),
    "decimals": ("[Decimal('1.5'), Decimal('0.1'), Decimal('-2.50')]", "[1.5,0.1,-2.5]"),
    "an enum": ("[Color.RED, Size.BIG, Name.A]", '["red",2,"a"]'),
    "a UUID": ("UUID(int=5)", '"00000000-0000-0000-0000-000000000005"'),
    "a dataclass": ("Point(1, Point(2, None))", '{"x":1,"y":{"x":2,"y":null}}'),
    "a dataclass with dates inside": ("Point(date(2024, 1, 2), (1, 2))", '{"x":"2024-01-02","y":[1,2]}'),
    "other mappings": ("[OrderedDict(a=1), Counter('a'), MappingProxyType({'b': 2}), request.headers]", '[{"a":1},{"a":1},{"b":2},{"X-A":"b"}]'),
    "half of a surrogate pair": ("['\\ud83d', 'ok']", '["\\ud83d","ok"]'),
    "a list of 10,000": ("list(range(10_000))", json.dumps(list(range(10_000)), separators=(",", ":"))),
    "nested 150 deep": ("nested(150)", "[" * 151 + "]" * 151),
}  # fmt: skip

NAMES = """
from collections import Counter, OrderedDict
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, timezone
from decimal import Decimal
from enum import Enum, IntEnum, StrEnum
from types import MappingProxyType
from uuid import UUID

class Color(Enum): RED = "red"
class Size(IntEnum): BIG = 2
class Name(StrEnum): A = "a"

@dataclass
class Point:
    x: object
    y: object

class Odd:
    pass

class Rude:
    def __repr__(self): raise ValueError("rude")
    def __hash__(self): return 1

def nested(depth):
    value = []
    for _ in range(depth): value = [value]
    return value

def loop():
    value = []
    value.append(value)
    return value
"""


@pytest.mark.parametrize(("expression", "text"), JSON.values(), ids=JSON)
def test_json(call: Call, expression: str, text: str) -> None:
    outcome = call(NAMES + plain(f"return {expression}"), request={"headers": {"X-A": "b"}})
    assert outcome.told == {"ending": "answered", "status": 200, "headers": {}, "kind": "json"}
    assert outcome.text == text


# What JSON cannot say. name: (expression, message)
NOT_JSON: dict[str, tuple[str, str]] = {
    "NaN": ("float('nan')", "body is nan, which JSON cannot say."),
    "infinity inside": ("{'a': [0, {'b': float('-inf')}]}", "body.a[1].b is -inf, which JSON cannot say."),
    "NaN as a Decimal": ("[Decimal('NaN')]", "body[0] is a Decimal, which JSON cannot say."),
    "a Decimal beyond doubles": ("[Decimal('1E+400')]", "body[0] is a Decimal, which JSON cannot say."),
    "a set": ("{'a': {1}}", "body.a is a set, which JSON cannot say."),
    "bytes inside": ("{'a': b'x'}", "body.a is a bytes, which JSON cannot say."),
    "an object": ("[1, Odd()]", "body[1] is an Odd, which JSON cannot say."),
    "an object inside a dataclass": ("Point(1, [Odd()])", "body.y[0] is an Odd, which JSON cannot say."),
    "a class": ("Point", "body is a type, which JSON cannot say."),
    "a function": ("{'f': len}", "body.f is a builtin_function_or_method, which JSON cannot say."),
    "a module": ("json", "body is a module, which JSON cannot say."),
    "a generator": ("(x for x in 'ab')", "body is a generator, which JSON cannot say."),
    "a range": ("range(3)", "body is a range, which JSON cannot say."),
    "the values of a dict": ("{}.values()", "body is a dict_values, which JSON cannot say."),
    "a timedelta": ("[timedelta(1)]", "body[0] is a timedelta, which JSON cannot say."),
    "an exception": ("ValueError('x')", "body is a ValueError, which JSON cannot say."),
    "a coroutine inside": ("[asyncio.sleep(0)]", "body[0] is a coroutine, which JSON cannot say."),
    "the answer of an HTTP call": ("http.get('https://echo.test')", "body is a Response, which JSON cannot say."),
    "a complex number": ("1j", "body is a complex, which JSON cannot say."),
    "a key that is a tuple": ("{'a': {(1, 2): 3}}", "body.a has the key (1, 2); JSON keys are texts."),
    "a key that is a date": ("{date(2024, 1, 2): 1}", "body has the key datetime.date(2024, 1, 2); JSON keys are texts."),
    "a key that is NaN": ("{float('nan'): 1}", "body has the key nan; JSON keys are texts."),
    "a key without a repr": ("{Rude(): 1}", "body has the key <Rude instance at "),
    "a key with blanks on the way": ("{'a b': {'c.d': {1: {2}}}}", "body['a b']['c.d'][1] is a set, which JSON cannot say."),
    "a long key on the way": ("{'k' * 500: {1}}", "body['kkkkkkkkkkkk...kkkkkkkkkkkkk'] is a set, which JSON cannot say."),
    "a list that contains itself": ("loop()", "body" + "[0]" * 32 + "... is nested more than 200 deep, or contains itself."),
    "an integer of 5,000 digits": ("10 ** 5000", "body cannot be sent as JSON: Exceeds the limit (4300 digits) for integer string conversion"),
    "the last moment of all": ("datetime.max.replace(tzinfo=timezone(timedelta(hours=-5)))", "body cannot be sent as JSON: date value out of range."),
}  # fmt: skip


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(("expression", "message"), NOT_JSON.values(), ids=NOT_JSON)
def test_what_json_cannot_say_is_told_with_its_path(call: Call, expression: str, message: str) -> None:
    exception, told = call(NAMES + plain(f"return {expression}")).error
    assert exception == "NotAnAnswer"
    assert told.startswith(message)


# name: (body of a handler, status, headers, kind, text)
ANSWERS: dict[str, tuple[str, int, dict[str, str], str, str]] = {
    "nothing": ("pass", 200, {}, "json", "{}"),
    "None leaves the body": ("response.body = 1\nreturn None", 200, {}, "json", "1"),
    "a body of None": ("response.body = None", 200, {}, "json", "null"),
    "what is put into the first body": ("response.body['a'] = 1", 200, {}, "json", '{"a":1}'),
    "a status": ("response.status_code = 201", 201, {}, "json", "{}"),
    "a status by name": ("from http import HTTPStatus\nresponse.status_code = HTTPStatus.NOT_FOUND", 404, {}, "json", "{}"),
    "a header": ("response.headers['X-A'] = 'b'", 200, {"X-A": "b"}, "json", "{}"),
    "headers at once": ("response.headers = {'X-A': 'b', 'x-a': 'c'}", 200, {"x-a": "c"}, "json", "{}"),
    "a header in another case": ("response.headers['x-a'] = '1'\nresponse.headers['X-A'] = '2'", 200, {"X-A": "2"}, "json", "{}"),
    "a header that is a number": ("response.headers['X-A'] = 5", 200, {"X-A": "5"}, "json", "{}"),
    "a header taken away": ("response.headers['X-A'] = 'b'\ndel response.headers['x-A']", 200, {}, "json", "{}"),
    "HTML": ("response.headers['content-TYPE'] = 'text/html'\nreturn '<p>é \"'", 200, {"content-TYPE": "text/html"}, "text", '<p>é "'),
    "a text with a type of JSON": ("response.headers['Content-Type'] = 'application/json; charset=utf-8'\nreturn 'a'", 200, {"Content-Type": "application/json; charset=utf-8"}, "json", '"a"'),
    "a text with another type of JSON": ("response.headers['Content-Type'] = 'application/problem+json'\nreturn 'a'", 200, {"Content-Type": "application/problem+json"}, "json", '"a"'),
    "a dict with a type of text": ("response.headers['Content-Type'] = 'text/plain'\nreturn {'a': 1}", 200, {"Content-Type": "text/plain"}, "json", '{"a":1}'),
    "half a surrogate pair in a text": ("response.headers['Content-Type'] = 'text/plain'\nreturn 'a\\ud83d'", 200, {"Content-Type": "text/plain"}, "text", "a?"),
    "bytes": ("return b'\\0\\xff'", 200, {}, "bytes", "AP8="),
    "bytes with a type": ("response.headers['Content-Type'] = 'image/png'\nreturn bytearray(b'ab')", 200, {"Content-Type": "image/png"}, "bytes", "YWI="),
    "a view of bytes": ("return memoryview(b'abc')[1:]", 200, {}, "bytes", "YmM="),
    "no bytes": ("return b''", 200, {}, "bytes", ""),
}  # fmt: skip


@pytest.mark.parametrize(("body", "status", "headers", "kind", "text"), ANSWERS.values(), ids=ANSWERS)
def test_answers(call: Call, body: str, status: int, headers: dict[str, str], kind: str, text: str) -> None:
    outcome = call(plain(body))
    assert outcome.told == {"ending": "answered", "status": status, "headers": headers, "kind": kind}
    assert outcome.text == text


# name: (body of a handler, exception, message)
WRONG: dict[str, tuple[str, str, str]] = {
    "a status that is a text": ("response.status_code = '200'", "NotAnAnswer", "response.status_code is '200'; it must be a number from 200 to 599."),
    "a status that is a float": ("response.status_code = 200.0", "NotAnAnswer", "response.status_code is 200.0; it must be a number from 200 to 599."),
    "a status that is true": ("response.status_code = True", "NotAnAnswer", "response.status_code is True; it must be a number from 200 to 599."),
    "a status below": ("response.status_code = 199", "NotAnAnswer", "response.status_code is 199; it must be a number from 200 to 599."),
    "a status above": ("response.status_code = 600", "NotAnAnswer", "response.status_code is 600; it must be a number from 200 to 599."),
    "no status": ("response.status_code = None", "NotAnAnswer", "response.status_code is None; it must be a number from 200 to 599."),
    "a header that is a list": ("response.headers['A'] = ['b']", "NotAnAnswer", "response.headers['A'] is ['b']; a header is a text."),
    "a header that is None": ("response.headers['A'] = None", "NotAnAnswer", "response.headers['A'] is None; a header is a text."),
    "a header's name that is none": ("response.headers[5] = 'b'", "NotAnAnswer", "response.headers[5] is 'b'; a header is a text."),
    "headers that are a text": ("response.headers = 'A: b'", "ValueError", "not enough values to unpack (expected 2, got 1)"),
    "a misspelt attribute": ("response.statusCode = 404", "AttributeError", "'Response' object has no attribute 'statusCode' and no __dict__ for setting new attributes"),
    "an attribute of old": ("response.result = 1", "AttributeError", "'Response' object has no attribute 'result' and no __dict__ for setting new attributes"),
}  # fmt: skip


@pytest.mark.parametrize(("body", "exception", "message"), WRONG.values(), ids=WRONG)
def test_what_cannot_be_answered(call: Call, body: str, exception: str, message: str) -> None:
    assert call(plain(body)).error == (exception, message)


# name: (what the host sends, expression, value)
REQUESTS: dict[str, tuple[dict[str, object], str, object]] = {
    "the action": ({"action": "DELETE"}, "request.action", "DELETE"),
    "no data": ({}, "request.data is None", True),
    "data": ({"data": {"a": [1]}}, "request.data['a'][0]", 1),
    "data that is a text": ({"data": "text"}, "request.data", "text"),
    "data that is bytes": ({"data": "AP8=", "data_is_base64": True}, "list(request.data)", [0, 255]),
    "the query": ({"query_string": {"a": "1"}}, "request.query_string.get('a')", "1"),
    "a header in any case": ({"headers": {"x-a": "b"}}, "[request.headers['X-A'], request.headers.get('x-a'), 'X-a' in request.headers]", ["b", "b", True]),
    "a header that is not there": ({}, "[request.headers.get('X-A'), request.headers.get(None), 5 in request.headers]", [None, None, False]),
    "all headers": ({"headers": {"x-a": "b"}}, "[dict(request.headers), {**request.headers}, len(request.headers), str(request.headers)]", [{"x-a": "b"}, {"x-a": "b"}, 1, "{'x-a': 'b'}"]),
    "headers in json.dumps": ({"headers": {"x-a": "b"}}, "json.dumps(request.headers)", '{"x-a": "b"}'),
    "the principal": ({"principal": {"type": "user", "id": "u1", "roles": ["Editors"], "data": {"Username": "ann"}}},
                      "[request.principal.type, request.principal.id, request.principal.roles, request.principal.data['Username']]", ["user", "u1", ["Editors"], "ann"]),
    "custom parameters": ({"custom_parameters": {"a": [1]}}, "request.custom_parameters['a']", [1]),
    "the rest": ({}, "[request.api_url, request.function, request.id]", ["https://api.test/v1/app", "f", "request-1"]),
    "printed": ({}, "[str(request), str(response), str(request.principal)]", ["<Request GET f>", "<Response 200>", "Principal(type='anonymous', id='0', roles=['Anonymous'])"]),
}  # fmt: skip


@pytest.mark.parametrize(("request_", "expression", "value"), REQUESTS.values(), ids=REQUESTS)
def test_requests(call: Call, request_: dict[str, object], expression: str, value: object) -> None:
    assert call(plain(f"return {expression}"), request=request_).value == value


JSON_VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**60), 2**60)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(JSON_VALUES)
def test_any_json_goes_in_and_out_as_it_is(call: Call, value: object) -> None:
    assert call(plain("return {'it': request.data}"), request={"data": value}).value == {"it": value}


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=100))
def test_any_bytes_go_in_and_out_as_they_are(call: Call, value: bytes) -> None:
    request: dict[str, object] = {"data": base64.b64encode(value).decode(), "data_is_base64": True}
    assert base64.b64decode(call(plain("return request.data"), request=request).text) == value


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.floats())
def test_any_float_is_an_answer_or_is_named(call: Call, value: float) -> None:
    outcome = call(plain(f"return [float({str(value)!r})]"))
    if math.isfinite(value):
        assert outcome.value == [value]
    else:
        assert outcome.error == ("NotAnAnswer", f"body[0] is {value}, which JSON cannot say.")
