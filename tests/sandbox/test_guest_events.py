"""Data events: which handlers a file has, in what order they run, and what they can change."""

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from runtime.sandbox.sandbox import Sandbox
from tests.sandbox.guest_calls import run_code
from tests.sandbox.guest_events import GROUPS, ITEMS, DataHost, Event, async_handler, handler

# name: (source, names of the handlers)
HANDLERS: dict[str, tuple[str, list[str]]] = {
    "none": ("x = 1", []),
    "one": ("def before_create(request): pass", ["before_create"]),
    "all, in one order": (
        "".join(f"def {when}_{operation}(): pass\n" for when in ("after", "before") for operation in ("create_item", "aggregate", "delete", "update", "read", "create")),
        ["before_create", "before_read", "before_update", "before_delete", "before_aggregate",
         "after_create", "after_read", "after_update", "after_delete", "after_aggregate", "before_create_item", "after_create_item"]),
    "async, a lambda, an object": ("import functools\nasync def before_read(request): pass\nafter_read = lambda: 1\nbefore_delete = functools.partial(print)", ["before_read", "before_delete", "after_read"]),
    "what is no function": ("before_create = None\nafter_create = 5", []),
    "helpers and functions": ("def before_christmas(): pass\ndef on_request(request): pass\ndef before_update_item(): pass", []),
}  # fmt: skip


@pytest.mark.parametrize(("source", "names"), HANDLERS.values(), ids=HANDLERS)
def test_handlers_of_a_file(guest_sandbox: Sandbox, data_host: DataHost, source: str, names: list[str]) -> None:
    code = json.dumps({"entry": "types/Book.py", "files": {"types/Book.py": source}})
    outcome = run_code(guest_sandbox, data_host, code, {"handler": ":handlers", "time_left": 10})
    assert outcome.told == {"ending": "answered", "kind": "handlers"}
    assert json.loads(outcome.text) == names


UNCHANGED: dict[str, Any] = {
    "data": None, "filter": None, "sort": None, "fields": None, "aggregate": None, "skip": None, "take": None,
    "context": {}, "answer": None,
}  # fmt: skip


def answered(result: Any, status: int = 200, **additional_data: Any) -> dict[str, Any]:
    return {"answer": {"result": result, "status": status, "additional_data": additional_data}}


# name: (event, body of its handler, what is told, what is left that is not as it was)
BEFORE: dict[str, tuple[str, str, dict[str, Any], dict[str, Any]]] = {
    "nothing": ("before_read", "pass", {"filter": {"a": 1}, "take": 5}, {"filter": {"a": 1}, "take": 5}),
    "data in place": ("before_create", "request.data['Slug'] = request.data['Title'].lower()", {"data": {"Title": "A"}}, {"data": {"Title": "A", "Slug": "a"}}),
    "data replaced": ("before_create", "request.data = {'Title': 'B'}", {"data": {"Title": "A"}}, {"data": {"Title": "B"}}),
    "many items": ("before_create", "for item in request.data: item['N'] = len(request.data)", {"data": [{}, {"A": 1}]}, {"data": [{"N": 2}, {"A": 1, "N": 2}]}),
    "operators": ("before_update", "request.data['$set']['B'] = 2", {"data": {"$set": {"A": 1}}}, {"data": {"$set": {"A": 1, "B": 2}}}),
    "a filter": ("before_read", "request.filter = {'$and': [request.filter or {}, {'Owner': request.principal.id}]}", {}, {"filter": {"$and": [{}, {"Owner": "0"}]}}),
    "a filter in place": ("before_delete", "request.filter['Owner'] = 'me'", {"filter": {"a": 1}}, {"filter": {"a": 1, "Owner": "me"}}),
    "sort and fields": ("before_read", "request.sort = {'Likes': -1}\nrequest.fields = {'Title': 1}", {}, {"sort": {"Likes": -1}, "fields": {"Title": 1}}),
    "skip and take": ("before_read", "request.skip, request.take = 10, min(request.take, 50)", {"take": 500}, {"skip": 10, "take": 50}),
    "taken away": ("before_read", "request.sort = request.take = None", {"sort": {"a": 1}, "take": 5}, {}),
    "dates, decimals, a dataclass": (
        "before_create", "from dataclasses import dataclass\nfrom datetime import datetime\nfrom decimal import Decimal\n@dataclass\nclass Book: At: object; Price: object\nrequest.data = Book(datetime(2024, 1, 2), Decimal('9.90'))",
        {"data": {}}, {"data": {"At": "2024-01-02T00:00:00.000Z", "Price": 9.9}}),
    "the context": ("before_update", "context['before'] = [1]; context['kept'] += 1", {"context": {"kept": 1}}, {"context": {"kept": 2, "before": [1]}}),
    "a date in the context": ("before_update", "import datetime; context['at'] = datetime.date(2024, 1, 2); context[1] = None", {}, {"context": {"at": "2024-01-02", "1": None}}),
    "half of a surrogate pair": ("before_create", "request.data['A'] = '\\ud83d'", {"data": {}}, {"data": {"A": "\ud83d"}}),
    "an answer": ("before_read", "request.answer([1])", {}, answered([1])),
    "an answer with all": ("before_read", "request.answer(None, 404, {'a': 1})", {}, answered(None, 404, a=1)),
    "an answer by names": ("before_read", "from http import HTTPStatus\nrequest.answer(result={}, status=HTTPStatus.CREATED, additional_data=None)", {}, answered({}, 201)),
    "the last answer counts": ("before_read", "request.answer(1, 201, {'a': 1}); request.answer(2)", {}, answered(2)),
    "the handler goes on after an answer": ("before_read", "request.answer([]); context['after'] = 1", {}, {"context": {"after": 1}, **answered([])}),
    "an answer that changes after it was given": ("before_read", "result = []; request.answer(result); result.append(1)", {}, answered([1])),
    "an answer from a function": ("before_read", "request.answer(functions.call('echo', {'a': 1}), functions.call('echo', 201), functions.call('echo', {'b': 2}))", {}, answered({"a": 1}, 201, b=2)),
    "data from a function": ("before_create", "request.data['copies'] = functions.call('echo', 3)", {"data": {}}, {"data": {"copies": 3}}),
    "the filter of an aggregation": ("before_aggregate", "request.filter = {'a': 1}", {"aggregate": {"GroupBy": "a"}}, {"filter": {"a": 1}, "aggregate": {"GroupBy": "a"}}),
    "an aggregation in place": ("before_aggregate", "request.aggregate['GroupBy'] += ['b']", {"aggregate": {"GroupBy": ["a"]}}, {"aggregate": {"GroupBy": ["a", "b"]}}),
    "an aggregation replaced": ("before_aggregate", "request.aggregate = {'Aggregate': {'N': {'count': None}}}", {"aggregate": {"GroupBy": "a"}}, {"aggregate": {"Aggregate": {"N": {"count": None}}}}),
}  # fmt: skip


@pytest.mark.parametrize("write", [handler, async_handler], ids=["def", "async def"])
@pytest.mark.parametrize(("name", "body", "told", "left"), BEFORE.values(), ids=BEFORE)
def test_before(event: Event, write: Any, name: str, body: str, told: dict[str, Any], left: dict[str, Any]) -> None:
    outcome = event(name, write(name, body), **told)
    assert outcome.told == {"ending": "answered", "kind": "before"}
    assert outcome.left == {**UNCHANGED, **left}
    assert outcome.log == []


FAILED: dict[str, Any] = {
    "result": None, "status_code": 403, "success": False, "error": {"message": "Taken.", "code": 603},
}  # fmt: skip

# name: (event, body of its handler, the response, what is left that is not as it was)
AFTER: dict[str, tuple[str, str, dict[str, Any], dict[str, Any]]] = {
    "nothing": ("after_read", "pass", {"result": ITEMS, "additional_data": {"a": 1}}, {"result": ITEMS, "additional_data": {"a": 1}}),
    "the result in place": ("after_read", "for item in response.result: del item['Title']", {"result": ITEMS}, {"result": [{"Id": "a"}, {"Id": "b"}]}),
    "the result replaced": ("after_delete", "response.result = {'gone': response.result}", {"result": 2}, {"result": {"gone": 2}}),
    "the status": ("after_create", "response.status_code = 202", {"status_code": 201}, {"status_code": 202}),
    "additional data": ("after_update", "response.additional_data['A'] = 1", {"additional_data": {"B": 2}}, {"additional_data": {"A": 1, "B": 2}}),
    "additional data replaced": ("after_update", "response.additional_data = {'A': 1}", {"additional_data": {"B": 2}}, {"additional_data": {"A": 1}}),
    "the context": ("after_update", "response.result = context.pop('seen')", {}, {"result": 7, "context": {"more": 8}}),
    "success": ("after_create", "response.result = [response.success, response.error]", {}, {"result": [True, None]}),
    "a failure": ("after_create", "response.result = [response.success, response.error.message, response.error.code, response.error.status, str(response.error), response.result]", FAILED,
                  {"result": [False, "Taken.", 603, 403, "Taken.", None], "status_code": 403}),
    "a failure left alone": ("after_create", "pass", FAILED, {"result": None, "status_code": 403}),
    "answer": ("after_create", "request.answer('done')", {"result": {"Id": "a"}, "status_code": 201, "additional_data": {"a": 1}}, {"result": "done", "additional_data": {"a": 1}}),
    "answer with all": ("after_read", "request.answer([], 404, {'b': 2})", {"additional_data": {"a": 1}}, {"result": [], "status_code": 404, "additional_data": {"a": 1, "b": 2}}),
    "what is assigned to the request changes nothing": ("after_read", "request.filter = {'a': 1}; request.data = 5", {}, {}),
    "results from a function": ("after_read", "response.result = functions.call('echo', [1]); response.status_code = functions.call('echo', 203); response.additional_data = functions.call('echo', {'a': 1})", {},
                                {"result": [1], "status_code": 203, "additional_data": {"a": 1}}),
    "groups": ("after_aggregate", "for group in response.result: group['Share'] = group['N'] / 4", {"result": GROUPS}, {"result": [{"Author": "okonedo", "N": 2, "Share": 0.5}]}),
}  # fmt: skip


@pytest.mark.parametrize("write", [handler, async_handler], ids=["def", "async def"])
@pytest.mark.parametrize(("name", "body", "response", "left"), AFTER.values(), ids=AFTER)
def test_after(event: Event, write: Any, name: str, body: str, response: dict[str, Any], left: dict[str, Any]) -> None:
    outcome = event(name, write(name, body), response=response, context={"seen": 7, "more": 8})
    assert outcome.told == {"ending": "answered", "kind": "after"}
    unchanged = {"result": 1, "status_code": 200, "additional_data": {}, "context": {"seen": 7, "more": 8}}
    assert outcome.left == {**unchanged, **left}
    assert outcome.log == []


# name: (what the host sends, expression, value)
REQUESTS: dict[str, tuple[dict[str, Any], str, Any]] = {
    "the event": ({}, "[request.event, request.action, request.type_name, request.item_id, request.specific_action]", ["before_read", "GET", "Book", None, None]),
    "an item": ({"item_id": "a", "specific_action": "GetCount"}, "[request.item_id, request.specific_action]", ["a", "GetCount"]),
    "what there is not": ({}, "[request.data, request.filter, request.sort, request.fields, request.aggregate, request.skip, request.take]", [None] * 7),
    "the query": ({"query_string": {"a": "1"}}, "request.query_string['a']", "1"),
    "headers in any case": ({"headers": {"x-a": "b"}}, "request.headers['X-A']", "b"),
    "the principal": ({"principal": {"type": "user", "id": "u1", "roles": ["Editors"], "data": {"Username": "ann"}}},
                      "[request.principal.type, request.principal.id, request.principal.roles, request.principal.data]", ["user", "u1", ["Editors"], {"Username": "ann"}]),
    "custom parameters": ({"custom_parameters": {"a": [1]}}, "request.custom_parameters['a']", [1]),
    "the rest": ({"is_sync": True}, "[request.is_sync, request.api_url, request.id]", [True, "https://api.test/v1/app", "request-1"]),
    "printed": ({}, "str(request)", "<DataRequest before_read of Book>"),
    "the context is a dict": ({"context": {"a": 1}}, "[type(context) is dict, context]", [True, {"a": 1}]),
}  # fmt: skip


@pytest.mark.parametrize(("told", "expression", "value"), REQUESTS.values(), ids=REQUESTS)
def test_requests(event: Event, told: dict[str, Any], expression: str, value: Any) -> None:
    outcome = event("before_read", handler("before_read", f"request.answer({expression})"), **told)
    assert outcome.left["answer"]["result"] == value


# name: (event, body of its handler, exception, message)
WRONG: dict[str, tuple[str, str, str, str]] = {
    "a misspelt attribute": ("before_read", "request.filtr = {}", "AttributeError", "'DataRequest' object has no attribute 'filtr'"),
    "an attribute that cannot be changed": ("before_read", "request.item_id = 'b'", "AttributeError", "request.item_id cannot be changed; data, filter, sort, fields, aggregate, skip and take can."),
    "the principal": ("before_read", "request.principal = None", "AttributeError", "request.principal cannot be changed; data, filter, sort, fields, aggregate, skip and take can."),
    "affected ids": ("before_delete", "request.affected_ids = []", "AttributeError", "property 'affected_ids' of 'DataRequest' object has no setter"),
    "a misspelt attribute of the response": ("after_read", "response.statusCode = 404", "AttributeError", "'DataResponse' object has no attribute 'statusCode' and no __dict__ for setting new attributes"),
    "the body of a function": ("after_read", "response.body = 1", "AttributeError", "'DataResponse' object has no attribute 'body' and no __dict__ for setting new attributes"),
    "success": ("after_read", "response.success = True", "AttributeError", "property 'success' of 'DataResponse' object has no setter"),
    "error": ("after_read", "response.error = None", "AttributeError", "property 'error' of 'DataResponse' object has no setter"),
    "cancelling what is done": ("after_create", "request.cancel('No.')", "RuntimeError", "The operation is done and cannot be cancelled anymore. Raise CloudError to answer with an error."),
    "an answer with a status that is none": ("before_read", "request.answer(1, 600)", "ValueError", "The status of an answer is a number from 200 to 599, not 600."),
    "an answer with a status that is a text": ("after_read", "request.answer(1, '200')", "ValueError", "The status of an answer is a number from 200 to 599, not '200'."),
    "an answer with a status that is true": ("before_read", "request.answer(1, True)", "ValueError", "The status of an answer is a number from 200 to 599, not True."),
    "additional data that is none": ("before_read", "request.answer(1, 200, [1])", "TypeError", "The additional data of an answer is a dict, not [1]."),
    "affected ids of a read": ("before_read", "request.affected_ids", "AttributeError", "request.affected_ids is there for updates and deletes alone; this is before_read."),
    "originals of a create": ("after_create", "request.originals", "AttributeError", "request.originals is there for updates and deletes alone; this is after_create."),
    "data that JSON cannot say": ("before_create", "request.data['Price'] = {1}", "NotAnAnswer", "request.data.Price is a set, which JSON cannot say."),
    "an item that JSON cannot say": ("before_create", "request.data = [{}, {'Price': float('nan')}]", "NotAnAnswer", "request.data[1].Price is nan, which JSON cannot say."),
    "a filter that JSON cannot say": ("before_read", "request.filter = {'a': {'$in': {1, 2}}}", "NotAnAnswer", "request.filter.a['$in'] is a set, which JSON cannot say."),
    "a context that JSON cannot say": ("before_read", "context['book'] = open", "NotAnAnswer", "context.book is a builtin_function_or_method, which JSON cannot say."),
    "a context that JSON cannot say afterwards": ("after_read", "context['book'] = object", "NotAnAnswer", "context.book is a type, which JSON cannot say."),
    "an answer that JSON cannot say": ("before_read", "request.answer({'a': b''})", "NotAnAnswer", "answer.result.a is a bytes, which JSON cannot say."),
    "additional data that JSON cannot say": ("before_read", "request.answer(1, 200, {'a': 1j})", "NotAnAnswer", "answer.additional_data.a is a complex, which JSON cannot say."),
    "a result that JSON cannot say": ("after_read", "response.result = [request]", "NotAnAnswer", "response.result[0] is a DataRequest, which JSON cannot say."),
    "a status that is none": ("after_read", "response.status_code = 99", "NotAnAnswer", "response.status_code is 99; it must be a number from 200 to 599."),
    "additional data that is a list": ("after_read", "response.additional_data = [1]", "NotAnAnswer", "response.additional_data is [1]; it must be a dict."),
    "additional data with a bad value": ("after_read", "response.additional_data['a'] = {1}", "NotAnAnswer", "response.additional_data.a is a set, which JSON cannot say."),
    "a yield": ("before_create", "yield request.cancel()", "NoHandler", "before_create has a yield, which makes it a generator: nothing of it has run."),
    "an exception": ("before_create", "raise ValueError('told')", "ValueError", "told"),
}  # fmt: skip


@pytest.mark.parametrize(("name", "body", "exception", "message"), WRONG.values(), ids=WRONG)
def test_what_is_wrong(event: Event, name: str, body: str, exception: str, message: str) -> None:
    assert event(name, handler(name, body), data={}).error == (exception, message)


@pytest.mark.parametrize("name", ["before_read", "after_read"])
def test_a_file_without_the_handler(event: Event, name: str) -> None:
    assert event(name, "def before_update(request): pass").error == (
        "NoHandler",
        f"types/Book.py does not define the function {name}.",
    )


# name: (source of before_update, what is left in the context)
SIGNATURES: dict[str, tuple[str, dict[str, Any]]] = {
    "no parameters": ("def before_update(): pass", {}),
    "request alone": ("def before_update(request): request.data['a'] = 1", {}),
    "other names": ("def before_update(r, c): c['a'] = 1", {"a": 1}),
    "done": ("def before_update(request, context, done): context['a'] = 1; done()", {"a": 1}),
    "done alone": ("def before_update(done): done()", {}),
    "done later": ("import asyncio\ndef before_update(request, context, done):\n def finish(): context['a'] = 1; done()\n asyncio.get_event_loop().call_later(0.01, finish)", {"a": 1}),
    "any number": ("def before_update(*given): given[1]['a'] = len(given)", {"a": 2}),
    "a task that nobody awaits": ("import asyncio\nasync def before_update(request, context):\n async def later(): await asyncio.sleep(0.01); context['a'] = 1\n asyncio.create_task(later())", {"a": 1}),
    "an object": ("class Handler:\n def __call__(self, request, context): context['a'] = 1\nbefore_update = Handler()", {"a": 1}),
}  # fmt: skip


@pytest.mark.parametrize(("source", "context"), SIGNATURES.values(), ids=SIGNATURES)
def test_signatures(event: Event, source: str, context: dict[str, Any]) -> None:
    assert event("before_update", source, data={}).left["context"] == context


def test_after_handlers_take_the_response_second(event: Event) -> None:
    source = "def after_read(request, response, context, done): response.result = context['a']; done()"
    assert event("after_read", source, context={"a": 2}).left["result"] == 2
    assert event("after_read", "def after_read(a, b): b.result = 3").left["result"] == 3


# name: (event, source, what is told)
ENDINGS: dict[str, tuple[str, str, dict[str, Any]]] = {
    "cancelled": ("before_read", handler("before_read", "request.cancel()"), {"ending": "cancelled", "message": ""}),
    "cancelled with a message": ("before_read", async_handler("before_read", "request.cancel('No.')"), {"ending": "cancelled", "message": "No."}),
    "cancelled, and caught": ("before_read", handler("before_read", "try: request.cancel('No.')\nexcept: request.answer(1)"), {"ending": "cancelled", "message": "No."}),
    "cancelled after an answer": ("before_read", handler("before_read", "request.answer(1); request.cancel('No.')"), {"ending": "cancelled", "message": "No."}),
    "an error": ("before_create", handler("before_create", "raise CloudError('No.', 4001, 422)"), {"ending": "error_set", "message": "No.", "code": 4001, "status": 422}),
    "an error afterwards": ("after_create", handler("after_create", "raise CloudError('No.')"), {"ending": "error_set", "message": "No.", "code": 960, "status": 400}),
    "the operation's own error": ("after_create", handler("after_create", "raise response.error"), {"ending": "error_set", "message": "Taken.", "code": 603, "status": 403}),
    "done that never comes": ("before_read", handler("before_read", "pass", "request, context, done"), {"ending": "never_done", "done": True}),
    "an exception": ("after_read", handler("after_read", "1 / 0"), {"ending": "failed"}),
    "what does not compile": ("before_read", "def before_read(:", {"ending": "does_not_compile"}),
}  # fmt: skip


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(("name", "source", "told"), ENDINGS.values(), ids=ENDINGS)
def test_endings(event: Event, name: str, source: str, told: dict[str, Any]) -> None:
    outcome = event(name, source, response=FAILED)
    assert {key: outcome.told.get(key) for key in told} == told


def test_the_frames_of_a_failure_are_in_the_file_of_the_type(event: Event) -> None:
    failure = event("before_read", "def before_read(request):\n    return request.filter['a']\n").failure
    assert (failure["file"], failure["line"]) == ("types/Book.py", 2)


# name: (source, event, what the log says of it)
RETURNED: dict[str, tuple[str, str, str]] = {
    "an item": ("def before_create(request): return request.data", "before_create", "before_create returned a value, which is not used. Change request.data, or call request.answer."),
    "a change": ("async def before_update(request): return 0", "before_update", "before_update returned a value, which is not used. Change request.data, or call request.answer."),
    "a filter": ("def before_read(request): return {}", "before_read", "before_read returned a value, which is not used. Change request.filter, or call request.answer."),
    "a result": ("def after_read(request, response): return []", "after_read", "after_read returned a value, which is not used. Change response.result, or call request.answer."),
    "from each of many items": ("def before_create_item(request): return 1", "before_create", "before_create_item returned a value, which is not used. Change request.data, or call request.answer."),
}  # fmt: skip


@pytest.mark.parametrize(("source", "name", "line"), RETURNED.values(), ids=RETURNED)
def test_a_returned_value_is_not_used_and_the_log_says_so(event: Event, source: str, name: str, line: str) -> None:
    outcome = event(name, source, data=[{}, {}])
    assert outcome.told["ending"] == "answered"
    assert outcome.log == [("warning", line)]


JSON_VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**60), 2**60)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(JSON_VALUES, JSON_VALUES)
def test_any_json_goes_through_as_it_is(event: Event, data: Any, kept: Any) -> None:
    before = event("before_create", "def before_create_item(request): pass", data=data, context={"kept": kept})
    assert before.left == {**UNCHANGED, "data": data, "context": {"kept": kept}}
    response = {"result": data, "additional_data": {"kept": kept}}
    after = event("after_create", "def after_create_item(request): pass", data=data, response=response)
    assert (after.left["result"], after.left["additional_data"]) == (data, {"kept": kept})
