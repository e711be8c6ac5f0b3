"""What the guest asks of the host, word by word, and what user code gets from the replies."""

import base64
from typing import Any

import pytest

from tests.sandbox.guest_calls import Call, awaiting, plain

DEFAULTS: dict[str, Any] = {
    "method": "GET", "url": "https://echo.test/", "headers": {}, "body": None, "timeout": None, "follow_redirects": True,
}  # fmt: skip

JSON_TYPE = {"Content-Type": "application/json"}
FORM_TYPE = {"Content-Type": "application/x-www-form-urlencoded"}


def base64_of(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


# name: (call, what is sent that is not the default)
HTTP: dict[str, tuple[str, dict[str, Any]]] = {
    "get": ("http.get('https://echo.test/')", {}),
    "post": ("http.post('https://echo.test/')", {"method": "POST"}),
    "put": ("http.put('https://echo.test/')", {"method": "PUT"}),
    "patch": ("http.patch('https://echo.test/')", {"method": "PATCH"}),
    "delete": ("http.delete('https://echo.test/')", {"method": "DELETE"}),
    "request": ("http.request('HEAD', 'https://echo.test/')", {"method": "HEAD"}),
    "headers": ("http.get('https://echo.test/', headers={'X-A': 'b'})", {"headers": {"X-A": "b"}}),
    "the request's own headers": ("http.get('https://echo.test/', headers=request.headers)", {"headers": {"x-b": "c"}}),
    "timeout and redirects": ("http.get('https://echo.test/', timeout=1.5, follow_redirects=False)", {"timeout": 1.5, "follow_redirects": False}),
    "parameters": ("http.get('https://echo.test/', params={'q': 'a b', 'n': 1, 'list': [1, 2], 'none': None})", {"url": "https://echo.test/?q=a+b&n=1&list=1&list=2"}),
    "parameters beside others": ("http.get('https://echo.test/?a=1#top', params={'b': 'é'})", {"url": "https://echo.test/?a=1&b=%C3%A9#top"}),
    "no parameters": ("http.get('https://echo.test/?a=1', params={'b': None})", {"url": "https://echo.test/?a=1"}),
    "JSON": ("http.post('https://echo.test/', json={'a': ['é']})", {"method": "POST", "headers": JSON_TYPE, "body": base64_of('{"a":["é"]}')}),
    "JSON that is empty": ("http.post('https://echo.test/', json=[])", {"method": "POST", "headers": JSON_TYPE, "body": base64_of("[]")}),
    "JSON with a date": ("import datetime\nhttp.post('https://echo.test/', json=[datetime.date(2024, 1, 2)])", {"method": "POST", "headers": JSON_TYPE, "body": base64_of('["2024-01-02"]')}),
    "JSON with a type of its own": ("http.post('https://echo.test/', json=1, headers={'content-type': 'a/b+json'})", {"method": "POST", "headers": {"content-type": "a/b+json"}, "body": base64_of("1")}),
    "a form": ("http.post('https://echo.test/', data={'a': 'b c', 'd': [1, 2]})", {"method": "POST", "headers": FORM_TYPE, "body": base64_of("a=b+c&d=1&d=2")}),
    "a text": ("http.post('https://echo.test/', body='é')", {"method": "POST", "body": base64_of("é")}),
    "bytes": ("http.post('https://echo.test/', body=b'\\0')", {"method": "POST", "body": "AA=="}),
    "an answer sent on": ("http.post('https://echo.test/', json=functions.call('echo', {'a': 1}))", {"method": "POST", "headers": JSON_TYPE, "body": base64_of('{"a":1}')}),
}  # fmt: skip


@pytest.mark.parametrize(("code", "sent"), HTTP.values(), ids=HTTP)
def test_http_as_it_is_sent(call: Call, code: str, sent: dict[str, Any]) -> None:
    outcome = call(plain(code), request={"headers": {"x-b": "c"}})
    assert outcome.value == {}
    assert outcome.calls[-1] == ("http.request", {**DEFAULTS, **sent})


# name: (expression about `answer`, value)
ANSWERS: dict[str, tuple[str, str, object]] = {
    "status": ("echo.test", "[answer.status, answer.ok]", [200, True]),
    "an error's status is no exception": ("missing.test", "[answer.status, answer.ok, answer.text]", [404, False, "nothing here"]),
    "JSON": ("echo.test", "answer.json()['method']", "GET"),
    "bytes": ("missing.test", "answer.body == b'nothing here'", True),
    "text in another charset": ("latin.test", "answer.text", "é"),
    "headers in any case": ("echo.test", "[answer.headers['content-type'], answer.headers.get('X-TWICE')]", ["application/json", "a, b"]),
    "the address": ("echo.test", "answer.url", "https://echo.test/"),
    "its repr": ("missing.test", "repr(answer)", "<Response 404 from https://missing.test/>"),
}  # fmt: skip


@pytest.mark.parametrize(("peer", "expression", "value"), ANSWERS.values(), ids=ANSWERS)
def test_http_as_it_is_answered(call: Call, peer: str, expression: str, value: object) -> None:
    assert call(plain(f"answer = http.get('https://{peer}/')\nreturn {expression}")).value == value


# name: (address, exception)
ERRORS: dict[str, tuple[str, str]] = {
    "no answer": ("refused.test", "HttpError: no route"),
    "too late": ("late.test", "HttpTimeout: too late"),
    "not allowed": ("private.test", "HttpBlocked: not public"),
}


@pytest.mark.parametrize(("peer", "told"), ERRORS.values(), ids=ERRORS)
@pytest.mark.parametrize("handler", [plain, awaiting], ids=["def", "async def"])
def test_http_errors(call: Call, peer: str, told: str, handler: Any) -> None:
    wait = "await " if handler is awaiting else ""
    source = f"""
        try: {wait}http.get("https://{peer}/")
        except http.HttpError as error: return f"{{type(error).__name__}}: {{error}}"
        """
    assert call(handler(source)).value == told


# name: (body, exception, message)
REFUSED: dict[str, tuple[str, str, str]] = {
    "two bodies": ("http.post('https://echo.test', json={}, data={})", "TypeError", "Give one of json, data and body, not several."),
    "a misspelt option": ("http.post('https://echo.test', jsn={})", "TypeError", "_request() got an unexpected keyword argument 'jsn'. Did you mean 'json'?"),
    "JSON that is none": ("http.post('https://echo.test', json={'a': [{1}]})", "NotJson", "json.a[0] is a set, which JSON cannot say."),
    "data that is no JSON": ("functions.call('echo', {'a': float('nan')})", "NotJson", "data.a is nan, which JSON cannot say."),
    "a secret's name that is no text": ("secrets[5]", "TypeError", "The name of a secret is a text, not 5."),
    "a secret that there is not": ("secrets['NOPE']", "NoSuchSecret", "The app has no secret 'NOPE'. Set it with: relive secrets set NOPE"),
    "a failure of the host": ("http.get('https://broken.test')", "RuntimeError", "the host failed"),
}  # fmt: skip


@pytest.mark.parametrize(("body", "exception", "message"), REFUSED.values(), ids=REFUSED)
def test_calls_that_cannot_be_made(call: Call, body: str, exception: str, message: str) -> None:
    assert call(plain(body)).error == (exception, message)


def test_functions_as_they_are_called(call: Call) -> None:
    outcome = call(plain("functions.call('echo'); functions.call('echo', data={'a': (1,)}, master=True)"))
    assert outcome.calls == [
        ("functions.call", {"name": "echo", "data": None, "master": False}),
        ("functions.call", {"name": "echo", "data": {"a": [1]}, "master": True}),
    ]


SECRETS = "[secrets['API_KEY'], secrets.get('API_KEY'), 'API_KEY' in secrets, secrets.get('NO'), secrets.get('NO', 'default'), 'NO' in secrets, 5 in secrets]"


@pytest.mark.parametrize("handler", [plain, awaiting], ids=["def", "async def"])
def test_secrets(call: Call, handler: Any) -> None:
    outcome = call(handler(f"return {SECRETS}"))
    assert outcome.value == ["open sesame", "open sesame", True, None, "default", False, False]
    # Each is asked for once.
    assert outcome.calls == [("secrets.get", {"name": "API_KEY"}), ("secrets.get", {"name": "NO"})]


def test_a_missing_secret_is_a_key_error(call: Call) -> None:
    assert call(plain("try: secrets['NO']\nexcept KeyError: return 'none'")).value == "none"


def test_time_left(call: Call) -> None:
    first, second = call(plain("import time\nfirst = time_left(); time.sleep(0.02)\nreturn [first, time_left()]")).value
    assert 10 >= first > second > 0
