"""The items of content types in the hands of user code: what is asked of the host, and what comes back."""

from typing import Any

import pytest

from runtime.sandbox.sandbox import Sandbox
from tests.sandbox.guest_calls import run_guest
from tests.sandbox.guest_events import GROUPS, ITEMS, DataHost, Event, async_handler, handler

FIND = {"type": "Book", "filter": None, "sort": None, "fields": None, "skip": None, "take": None, "master": False}
GET = {"type": "Book", "id": "a", "fields": None, "master": False}
AGGREGATE = {"type": "Book", "aggregate": {}, "filter": None, "master": False}
COUNT = {"type": "Book", "filter": None, "master": False}
CREATE = {"type": "Book", "data": {}, "master": False}
UPDATE: dict[str, Any] = {"type": "Book", "id": None, "filter": None, "data": {}, "master": False}
DELETE = {"type": "Book", "id": None, "filter": None, "master": False}
MADE = {"Id": "new", "CreatedAt": "2024-05-17T07:30:00.000Z"}

# name: (expression, capability, arguments, value)
CALLS: dict[str, tuple[str, str, dict[str, Any], Any]] = {
    "find": ("data('Book').find()", "data.find", FIND, ITEMS),
    "find with a filter": ("data('Book').find({'Likes': {'$gt': 10}})", "data.find", {**FIND, "filter": {"Likes": {"$gt": 10}}}, ITEMS),
    "find with all": (
        "data('Book').find(filter={'a': 1}, sort={'Likes': -1, 'Title': 1}, fields={'Title': 1}, skip=5, take=10)",
        "data.find", {**FIND, "filter": {"a": 1}, "sort": {"Likes": -1, "Title": 1}, "fields": {"Title": 1}, "skip": 5, "take": 10}, ITEMS),
    "find nothing": ("data('Empty').find()", "data.find", {**FIND, "type": "Empty"}, []),
    "with all rights": ("data('Book', master=True).find()", "data.find", {**FIND, "master": True}, ITEMS),
    "first": ("data('Book').first()", "data.find", {**FIND, "take": 1}, ITEMS[0]),
    "first with all": ("data('Book').first({'a': 1}, sort={'b': 1}, fields={'c': 0}, skip=2)", "data.find", {**FIND, "filter": {"a": 1}, "sort": {"b": 1}, "fields": {"c": 0}, "skip": 2, "take": 1}, ITEMS[0]),
    "first of none": ("data('Empty').first()", "data.find", {**FIND, "type": "Empty", "take": 1}, None),
    "get": ("data('Book').get('a')", "data.get", GET, ITEMS[0]),
    "get with fields": ("data('Book', master=True).get('b', fields={'Title': 1})", "data.get", {**GET, "id": "b", "fields": {"Title": 1}, "master": True}, ITEMS[1]),
    "get what is not there": ("data('Book').get('missing')", "data.get", {**GET, "id": "missing"}, None),
    "count": ("data('Book').count()", "data.count", COUNT, 2),
    "count with a filter": ("data('Empty', master=True).count({'a': 1})", "data.count", {**COUNT, "type": "Empty", "filter": {"a": 1}, "master": True}, 0),
    "aggregate": ("data('Book').aggregate({'GroupBy': 'Author', 'Aggregate': {'N': {'count': None}}})", "data.aggregate", {**AGGREGATE, "aggregate": {"GroupBy": "Author", "Aggregate": {"N": {"count": None}}}}, GROUPS),
    "aggregate with a filter": ("data('Book', master=True).aggregate({}, filter={'a': 1})", "data.aggregate", {**AGGREGATE, "filter": {"a": 1}, "master": True}, GROUPS),
    "create": ("data('Book').create({'Title': 'A'})", "data.create", {**CREATE, "data": {"Title": "A"}}, MADE),
    "create many": ("data('Book', master=True).create([{'a': 1}, {'a': 2}])", "data.create", {**CREATE, "data": [{"a": 1}, {"a": 2}], "master": True}, [MADE, MADE]),
    "create from a tuple": ("data('Book').create(({'a': 1},))", "data.create", {**CREATE, "data": [{"a": 1}]}, [MADE]),
    "update one": ("data('Book').update('a', {'Title': 'A'})", "data.update", {**UPDATE, "id": "a", "data": {"Title": "A"}}, 1),
    "update by filter": ("data('Book').update({'a': 1}, {'$inc': {'n': 1}})", "data.update", {**UPDATE, "filter": {"a": 1}, "data": {"$inc": {"n": 1}}}, 2),
    "update all": ("data('Book', master=True).update({}, {})", "data.update", {**UPDATE, "filter": {}, "master": True}, 2),
    "update by names": ("data('Book').update(id_or_filter='a', changes={})", "data.update", {**UPDATE, "id": "a"}, 1),
    "delete one": ("data('Book').delete('a')", "data.delete", {**DELETE, "id": "a"}, 1),
    "delete by filter": ("data('Book').delete({'a': 1})", "data.delete", {**DELETE, "filter": {"a": 1}}, 2),
    "delete all": ("data('Book', master=True).delete({})", "data.delete", {**DELETE, "filter": {}, "master": True}, 2),
    "dates and decimals": (
        "data('Book').find({'at': {'$gt': __import__('datetime').datetime(2024, 1, 2)}, 'price': __import__('decimal').Decimal('9.90')})",
        "data.find", {**FIND, "filter": {"at": {"$gt": "2024-01-02T00:00:00.000Z"}, "price": 9.9}}, ITEMS),
    "a filter that is another mapping": ("data('Book').delete(__import__('types').MappingProxyType({'a': 1}))", "data.delete", {**DELETE, "filter": {"a": 1}}, 2),
    "an Id from another call": ("data('Book').delete(data('Book').first()['Id'])", "data.delete", {**DELETE, "id": "a"}, 1),
    "an item from another call": ("data('Book').create(data('Book').get('a'))", "data.create", {**CREATE, "data": ITEMS[0]}, MADE),
    "an Id that is still on its way": ("data('Book').delete(functions.call('echo', 'a'))", "data.delete", {**DELETE, "id": "a"}, 1),
    "a filter that is still on its way": ("data('Book').delete(functions.call('echo', {'b': 1}))", "data.delete", {**DELETE, "filter": {"b": 1}}, 2),
}  # fmt: skip


@pytest.mark.parametrize(
    ("write", "form"),
    [(handler, "{}"), (async_handler, "await {}"), (async_handler, "{}")],
    ids=["def", "async def", "not awaited"],
)
@pytest.mark.parametrize(("expression", "capability", "arguments", "value"), CALLS.values(), ids=CALLS)
def test_calls(
    event: Event, write: Any, form: str, expression: str, capability: str, arguments: dict[str, Any], value: Any
) -> None:
    outcome = event("after_read", write("after_read", f"response.result = {form.format(expression)}"))
    assert outcome.left["result"] == value
    assert outcome.calls[-1] == (capability, arguments)


# In plain code these are the values themselves. name: (expression, value)
PLAIN: dict[str, tuple[str, Any]] = {
    "a list": ("type(data('Book').find()) is list", True),
    "a dict": ("type(data('Book').get('a')) is dict", True),
    "None": ("[data('Empty').first() is None, data('Book').get('missing') is None]", [True, True]),
    "a number": ("type(data('Book').count()) is int", True),
    "a comprehension": ("[book['Title'] for book in data('Book').find()]", [item["Title"] for item in ITEMS]),
    "the type itself": ("[data('Book').name, data('Book').master, str(data('Book', master=True))]", ["Book", False, "<ContentType Book>"]),
}  # fmt: skip


@pytest.mark.parametrize(("expression", "value"), PLAIN.values(), ids=PLAIN)
def test_plain_code_has_the_value_at_once(event: Event, expression: str, value: Any) -> None:
    assert event("after_read", handler("after_read", f"response.result = {expression}")).left["result"] == value


# The type `Together` answers only when three calls of it are under way.
SIDE_BY_SIDE = {
    "gather": "response.result = await asyncio.gather(*(data('Together').count({'calls': 3}) for _ in range(3)))",
    "different operations": "it = data('Together')\nresponse.result = [len(await answer) if index else await answer for index, answer in enumerate([it.count({'calls': 3}), it.find({'calls': 3}), it.find({'calls': 3})])]",
    "a TaskGroup": "async with asyncio.TaskGroup() as group: tasks = [group.create_task(data('Together').count({'calls': 3})) for _ in range(3)]\nresponse.result = [task.result() for task in tasks]",
}  # fmt: skip


@pytest.mark.parametrize("body", SIDE_BY_SIDE.values(), ids=SIDE_BY_SIDE)
def test_operations_run_side_by_side(event: Event, body: str) -> None:
    assert event("after_read", async_handler("after_read", body)).left["result"] == [2, 2, 2]


CAUGHT = (
    "try: response.result = {}\nexcept CloudError as error: response.result = [error.code, error.status, error.message]"
)

# name: (expression, code, status, message)
ERRORS: dict[str, tuple[str, int, int, str]] = {
    "not allowed": ("data('Forbidden').find()", 603, 403, "Not allowed."),
    "updating what is not there": ("data('Book').update('missing', {})", 801, 404, "No such item."),
    "deleting what is not there": ("data('Book').delete('missing')", 801, 404, "No such item."),
}  # fmt: skip


@pytest.mark.parametrize(("write", "form"), [(handler, "{}"), (async_handler, "await {}")], ids=["def", "async def"])
@pytest.mark.parametrize(("expression", "code", "status", "message"), ERRORS.values(), ids=ERRORS)
def test_errors_can_be_caught(
    event: Event, write: Any, form: str, expression: str, code: int, status: int, message: str
) -> None:
    source = write("after_read", CAUGHT.format(form.format(expression)))
    assert event("after_read", source).left["result"] == [code, status, message]


def test_an_error_that_is_not_caught_ends_the_event(event: Event) -> None:
    told = event("before_read", handler("before_read", "data('Forbidden').count()")).told
    assert (told["ending"], told["code"], told["status"], told["message"]) == ("error_set", 603, 403, "Not allowed.")


# name: (expression, exception, message)
WRONG: dict[str, tuple[str, str, str]] = {
    "a type that is no text": ("data(5)", "TypeError", "The name of a content type is a text, not 5."),
    "no type": ("data()", "TypeError", "data() missing 1 required positional argument: 'name'"),
    "master by position": ("data('Book', True)", "TypeError", "data() takes 1 positional argument but 2 were given"),
    "an Id that is None": ("data('Book').get(None)", "TypeError", "get takes an Id, which is a text, not None."),
    "an update of None": ("data('Book').update(None, {})", "TypeError", "update takes an Id (a text) or a filter (a dict), not None."),
    "an update of a list": ("data('Book').update([1], {})", "TypeError", "update takes an Id (a text) or a filter (a dict), not [1]."),
    "a delete of None": ("data('Book').delete(None)", "TypeError", "delete takes an Id (a text) or a filter (a dict), not None."),
    "a delete of nothing": ("data('Book').delete()", "TypeError", "ContentType.delete() missing 1 required positional argument: 'id_or_filter'"),
    "a delete of an empty Id": ("data('Book').delete('')", "ValueError", "delete takes an Id or a filter, and an Id is not empty."),
    "an update of an empty Id": ("data('Book').update('', {})", "ValueError", "update takes an Id or a filter, and an Id is not empty."),
    "a filter that JSON cannot say": ("data('Book').find({'a': {'$in': {1}}})", "NotJson", "filter.a['$in'] is a set, which JSON cannot say."),
    "an item that JSON cannot say": ("data('Book').create([{'Price': float('inf')}])", "NotJson", "data[0].Price is inf, which JSON cannot say."),
    "an aggregation of nothing": ("data('Book').aggregate()", "TypeError", "ContentType.aggregate() missing 1 required positional argument: 'expression'"),
    "a filter by position": ("data('Book').aggregate({}, {})", "TypeError", "ContentType.aggregate() takes 2 positional arguments but 3 were given"),
    "an aggregation that JSON cannot say": ("data('Book').aggregate({'GroupBy': {'a'}})", "NotJson", "aggregate.GroupBy is a set, which JSON cannot say."),
    "a sort by position": ("data('Book').find({}, {'a': 1})", "TypeError", "ContentType.find() takes from 1 to 2 positional arguments but 3 were given"),
    "a misspelt operation": ("data('Book').findOne()", "AttributeError", "'ContentType' object has no attribute 'findOne'"),
    "an attribute of one's own": ("setattr(data('Book'), 'mastr', True)", "AttributeError", "'ContentType' object has no attribute 'mastr' and no __dict__ for setting new attributes"),
}  # fmt: skip


@pytest.mark.parametrize("write", [handler, async_handler], ids=["def", "async def"])
@pytest.mark.parametrize(("expression", "exception", "message"), WRONG.values(), ids=WRONG)
def test_wrong_calls(event: Event, write: Any, expression: str, exception: str, message: str) -> None:
    outcome = event("before_read", write("before_read", expression))
    assert outcome.error == (exception, message)
    assert outcome.calls == []


def test_it_is_not_there_while_a_file_is_loaded(event: Event) -> None:
    source = "from cloud import data\ndata('Book').find()\ndef before_read(): pass"
    assert event("before_read", source).error == (
        "RuntimeError",
        "data.find is not available in the top-level code of a file. Call it inside a handler.",
    )


def test_a_content_type_can_be_named_while_a_file_is_loaded(event: Event) -> None:
    source = "from cloud import data\nbooks = data('Book')\ndef after_read(request, response): response.result = books.count()"
    assert event("after_read", source).left["result"] == 2


def test_functions_have_it_too(guest_sandbox: Sandbox, data_host: DataHost) -> None:
    source = "from cloud import data\nasync def on_request(): return await data('Book').count()"
    assert run_guest(guest_sandbox, data_host, source, {}, {}, 10).value == 2
