"""`businessLogic.invokeCloudFunction` of the original client."""

import json
from typing import Any

import pytest

from tests.e2e.everlive.client import Client, EverliveError

pytestmark = pytest.mark.slow

NOTHING: dict[str, Any] = {"action": "GET", "data": None, "query": {}, "custom": {}, "caller": "anonymous"}


@pytest.mark.parametrize(
    ("call", "expected"),
    [
        pytest.param("anyone, 'echo'", {}, id="GET"),
        pytest.param("anyone, 'Echo'", {}, id="the name in another case"),
        pytest.param("anyone, 'echo', {queryStringParams: {page: 2, q: 'kåt & söt', none: ''}}", {"query": {"page": "2", "q": "kåt & söt", "none": ""}}, id="query"),
        pytest.param("anyone, 'echo', {queryStringParams: {tag: ['sea', 'trade']}}", {"query": {"tag": "sea,trade"}}, id="a list in the query"),
        pytest.param("anyone, 'echo', {customParameters: {shelf: 'ä', floors: [1, 2]}}", {"custom": {"shelf": "ä", "floors": [1, 2]}}, id="custom parameters"),
        pytest.param("anyone, 'echo', {method: 'POST', data: {Title: 'Ö'}}", {"action": "POST", "data": {"Title": "Ö"}}, id="POST"),
        pytest.param("anyone, 'echo', {method: 'POST', data: {when: new Date(0)}}", {"action": "POST", "data": {"when": "1970-01-01T00:00:00.000Z"}}, id="a date is text"),
        pytest.param("anyone, 'echo', {method: 'POST'}", {"action": "POST"}, id="POST without a body"),
        pytest.param("anyone, 'echo', {method: 'PUT', data: [1, 2]}", {"action": "PUT", "data": [1, 2]}, id="PUT"),
        pytest.param("anyone, 'echo', {method: 'DELETE'}", {"action": "DELETE"}, id="DELETE"),
        pytest.param("anyone, 'echo', {queryStringParams: {status: 302}}", {"query": {"status": "302"}}, id="any status below 400 is a success"),
        pytest.param("master, 'echo'", {"caller": "masterKey"}, id="master key"),
        pytest.param("master, 'echo', {authHeaders: false}", {}, id="master key held back"),
    ],
)  # fmt: skip
def test_what_a_function_sees(client: Client, call: str, expected: dict[str, Any]) -> None:
    assert client.run(_invoke(call)) == {**NOTHING, **expected}


@pytest.mark.parametrize(
    "value", [[1, "two", None], "a text", 7, True, {}, {"Result": 1, "Count": 2}, {"a": {"b": [{}]}}], ids=str
)
def test_the_body_is_what_the_client_answers(client: Client, value: Any) -> None:
    script = "return anyone.businessLogic.invokeCloudFunction('end', {method: 'POST', queryStringParams: {how: 'value'}, data: %s})"
    assert client.run(script % json.dumps(value)) == value


def test_a_function_that_answers_nothing(client: Client) -> None:
    assert client.run(_invoke("anyone, 'end', {queryStringParams: {how: 'nothing'}}")) == {}


def test_callbacks(client: Client) -> None:
    script = "return new Promise((resolve, reject) => anyone.businessLogic.invokeCloudFunction('closed', {}, resolve, (error) => resolve(error.code)))"
    assert client.run(script) == 603
    assert client.run(script.replace("anyone", "master")) == {"open": True}


@pytest.mark.parametrize(
    ("call", "code", "message"),
    [
        pytest.param("anyone, 'nowhere'", 600, "nowhere", id="unknown"),
        pytest.param("anyone, 'closed'", 603, "", id="not for everybody"),
        pytest.param("connect({masterKey: 'wrong'}), 'echo'", 604, "", id="wrong master key"),
        pytest.param("connect({appId: 'elsewhere'}), 'echo'", 600, "elsewhere", id="unknown app"),
        pytest.param("anyone, 'echo', {headers: {'X-Everlive-Custom-Parameters': '[1]'}}", 614, "", id="custom parameters that are no object"),
        pytest.param("anyone, 'end', {queryStringParams: {how: 'crash'}}", 901, "", id="an exception"),
        pytest.param("anyone, 'end', {queryStringParams: {how: 'never'}}", 902, "", id="done is not called"),
        pytest.param("anyone, 'end', {queryStringParams: {how: 'cancel'}}", 910, "Not today.", id="cancelled"),
        pytest.param("anyone, 'end', {queryStringParams: {how: 'error'}}", 960, "No such shelf.", id="an error without a code"),
        pytest.param("anyone, 'end', {queryStringParams: {how: 'own code'}}", 4001, "The shelf is full.", id="an error with its own code"),
    ],
)  # fmt: skip
def test_errors(client: Client, call: str, code: int, message: str) -> None:
    with pytest.raises(EverliveError) as caught:
        client.run(_invoke(call))
    assert caught.value.code == code
    assert message in caught.value.message


def _invoke(call: str) -> str:
    return f"const invoke = (client, ...given) => client.businessLogic.invokeCloudFunction(...given); return invoke({call})"
