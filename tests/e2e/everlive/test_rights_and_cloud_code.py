"""Who may do what with items, and what user code does to operations, as the original client tells it."""

from datetime import UTC, datetime
from typing import Any

import pytest

from tests.e2e.everlive.client import Client, EverliveError

pytestmark = pytest.mark.slow


def code_of(client: Client, script: str) -> int | None:
    """The code of the error that a script ends in; None if it ends in none."""
    try:
        client.run(script)
    except EverliveError as error:
        return error.code
    return None


@pytest.mark.parametrize(
    ("type", "allowed"),
    [
        pytest.param("Draft", {"create", "get", "count", "update", "destroy"}, id="public"),
        pytest.param("Review", {"create", "get", "count"}, id="shared"),
        pytest.param("Diary", {"create"}, id="private"),
        pytest.param("Author", {"get", "count"}, id="read-only"),
    ],
)
@pytest.mark.parametrize("call", ["create({})", "get()", "count()", "update({A: 1}, {A: 2})", "destroy({A: 2})"])
def test_policies(client: Client, type: str, call: str, allowed: set[str]) -> None:
    expected = None if call.partition("(")[0] in allowed else 603
    assert code_of(client, f"await anyone.data('{type}').{call}") == expected
    assert code_of(client, f"await master.data('{type}').{call}") is None


def test_a_denial_says_what_is_denied(client: Client) -> None:
    with pytest.raises(EverliveError, match=r"READ access on type 'Diary' denied for anonymous user\."):
        client.run("await anyone.data('Diary').get()")


def test_the_permissions_of_an_item(client: Client) -> None:
    script = "const {result: {Id}} = await master.data('Review').create({}); return (await anyone.data('Review').getById(Id)).result.Meta"
    assert client.run(script) == {"Permissions": {"CanRead": True, "CanUpdate": False, "CanDelete": False}}


@pytest.mark.parametrize(
    ("call", "code"),
    [("destroy()", 601), ("update({A: 1}, null)", 601), ("rawUpdate({$inc: {A: 1}})", 601), ("destroy({A: 1})", None), ("update({A: 1}, {A: 2})", None)],
)  # fmt: skip
def test_a_type_that_wants_a_filter_does_not_take_the_empty_one(client: Client, call: str, code: int | None) -> None:
    assert code_of(client, f"await anyone.data('Ledger').{call}") == code


@pytest.mark.parametrize(
    ("call", "code"),
    [
        pytest.param("anyone.data('Scroll').get()", 611, id="unknown type"),
        pytest.param("anyone.data('book').get()", 611, id="a type in another case"),
        pytest.param("anyone.data('Scroll').create({})", 611, id="unknown type, create"),
        pytest.param("connect({appId: 'elsewhere'}).data('Book').get()", 600, id="unknown app"),
        pytest.param("connect({masterKey: 'wrong'}).data('Book').get()", 604, id="wrong master key"),
        pytest.param("connect({token: 'wrong'}).data('Book').get()", 301, id="wrong token"),
        pytest.param(
            "anyone.data('Book').withHeaders({'X-Everlive-Custom-Parameters': '7'}).get()", 614, id="custom parameters"
        ),
    ],
)
def test_errors(client: Client, call: str, code: int) -> None:
    assert code_of(client, f"await {call}") == code


@pytest.mark.parametrize(
    ("book", "code", "message"),
    [
        ("crash", 901, ""),
        ("never", 902, ""),
        ("cancel", 910, "Bring back the other one first."),
        ("error", 960, "No such book."),
        ("own code", 4001, "Somebody has it already."),
    ],
)
def test_what_a_before_handler_ends_in(client: Client, book: str, code: int, message: str) -> None:
    with pytest.raises(EverliveError) as caught:
        client.run(f"await anyone.data('Loan').create({{Book: '{book}'}})")
    assert caught.value.code == code
    assert message in caught.value.message
    assert client.run(f"return anyone.data('Loan').count({{Book: '{book}'}})") == {"result": 0}


@pytest.mark.parametrize(
    ("create", "item"),
    [
        pytest.param("anyone.data('Loan')", {"caller": "anonymous", "custom": {}, "sync": False}, id="anybody"),
        pytest.param("master.data('Loan')", {"caller": "masterKey", "custom": {}, "sync": False}, id="master key"),
        pytest.param("master.data('Loan').skipAuth(true)", {"caller": "masterKey", "custom": {}, "sync": False}, id="skipAuth is about logins"),
        pytest.param("anyone.data('Loan').isSync(true)", {"caller": "anonymous", "custom": {}, "sync": True}, id="offline sync"),
        pytest.param("anyone.data('Loan').withHeaders({'x-everlive-custom-parameters': JSON.stringify({desk: 'ö%'})})", {"caller": "anonymous", "custom": {"desk": "ö%"}, "sync": False}, id="custom parameters"),
    ],
)  # fmt: skip
def test_what_a_before_handler_sees_and_changes(client: Client, create: str, item: dict[str, Any]) -> None:
    script = f"const {{result: {{Id}}}} = await {create}.create({{Book: 'salt'}}); return (await anyone.data('Loan').getById(Id)).result"
    loan = client.run(script)
    assert (loan["Weeks"], loan["Seen"]) == (4, item)


def test_an_answer_in_place_of_the_operation(client: Client) -> None:
    answer = client.run("return anyone.data('Loan').get({Book: 'closed'})")
    assert answer["result"] == [{"Id": "none", "Opens": datetime(2030, 1, 1, 8, tzinfo=UTC)}]


def test_an_after_handler_changes_the_result(client: Client) -> None:
    script = "const {result: {Id}} = await anyone.data('Loan').create({Book: 'tea'}); return (await anyone.data('Loan').getById(Id)).result.Overdue"
    assert client.run(script) is False


def test_an_after_handler_fails_when_all_is_written(client: Client) -> None:
    client.run("await anyone.data('Loan').create({Id: 'late', Book: 'atlas'})")
    assert code_of(client, "await anyone.data('Loan').updateSingle({Id: 'late', Weeks: 9})") == 4002
    assert client.run("return (await anyone.data('Loan').getById('late')).result.Weeks") == 9
    assert code_of(client, "await anyone.data('Loan').destroySingle('late')") == 910
    assert client.run("return anyone.data('Loan').count({Id: 'late'})") == {"result": 1}
