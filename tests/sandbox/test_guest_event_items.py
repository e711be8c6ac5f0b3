"""Handlers of single items in a create, and the items that an update or a delete affects."""

from typing import Any

import pytest

from tests.sandbox.guest_events import ITEMS, Event, async_handler, handler

BOTH_FORMS = """
def before_create(request, context):
    context["order"] = ["all"]

def before_create_item(request, context):
    context["order"].append(request.data["Title"])
    request.data["Slug"] = request.data["Title"].lower()
"""

EACH = "before_create_item"

# name: (source, data of the request, data that is left, what is left in the context)
BEFORE: dict[str, tuple[str, Any, Any, dict[str, Any]]] = {
    "one": (handler(EACH, "request.data['N'] = 1"), {"A": 1}, {"A": 1, "N": 1}, {}),
    "many": (handler(EACH, "request.data['N'] = request.data['A'] + 1"), [{"A": 1}, {"A": 2}], [{"A": 1, "N": 2}, {"A": 2, "N": 3}], {}),
    "none": (handler(EACH, "1 / 0"), [], [], {}),
    "one in a list": (handler(EACH, "request.data['N'] = 1"), [{}], [{"N": 1}], {}),
    "replaced": (handler(EACH, "request.data = {'B': request.data['A']}"), [{"A": 1}, {"A": 2}], [{"B": 1}, {"B": 2}], {}),
    "one replaced": (handler(EACH, "request.data = {'B': 1}"), {"A": 1}, {"B": 1}, {}),
    "async": (async_handler(EACH, "await asyncio.sleep(0); request.data['N'] = await functions.call('echo', 1)"), [{}, {}], [{"N": 1}, {"N": 1}], {}),
    "one shared context": (handler(EACH, "context['n'] = context.get('n', 0) + 1"), [{}, {}], [{}, {}], {"n": 2}),
    "all in one sandbox": ("seen = []\n" + handler(EACH, "seen.append(1); context['n'] = len(seen)"), [{}, {}], [{}, {}], {"n": 2}),
    "done for each": (handler(EACH, "context['n'] = context.get('n', 0) + 1; done()", "request, context, done"), [{}, {}], [{}, {}], {"n": 2}),
    "the event's handler comes first": (BOTH_FORMS, [{"Title": "A"}, {"Title": "B"}], [{"Title": "A", "Slug": "a"}, {"Title": "B", "Slug": "b"}], {"order": ["all", "A", "B"]}),
    "items that the event's handler makes": ("def before_create(request): request.data = [{'A': 1}, {'A': 2}]\ndef before_create_item(request): request.data['A'] += 1", {}, [{"A": 2}, {"A": 3}], {}),
    "items that are no dicts but will be": ("from dataclasses import dataclass\n@dataclass\nclass Book: A: int\ndef before_create(request): request.data = (Book(1), Book(2))\ndef before_create_item(request): request.data.A += 1", {}, [{"A": 2}, {"A": 3}], {}),
    "items from a function": ("from cloud import functions\nasync def before_create(request): request.data = functions.call('echo', [{'A': 1}])\ndef before_create_item(request): request.data['A'] += 1", {}, [{"A": 2}], {}),
    "what is no item is left for the operation to refuse": (handler(EACH, "request.data['N'] = 1"), [5, {}, "a", None, [{}]], [5, {"N": 1}, "a", None, [{}]], {}),
    "what is no item at all": (handler(EACH, "request.data['N'] = 1"), "text", "text", {}),
}  # fmt: skip


@pytest.mark.parametrize(("source", "data", "left", "context"), BEFORE.values(), ids=BEFORE)
def test_before_each_item(event: Event, source: str, data: Any, left: Any, context: dict[str, Any]) -> None:
    outcome = event("before_create", source, data=data)
    assert (outcome.left["data"], outcome.left["context"], outcome.left["answer"]) == (left, context, None)


# After these no further item is handled. name: (body of the form for items, what is told of the ending)
STOPS: dict[str, tuple[str, dict[str, Any]]] = {
    "an answer": ("request.answer('enough')", {"ending": "answered"}),
    "cancelled": ("request.cancel('No.')", {"ending": "cancelled", "message": "No."}),
    "cancelled, and caught": ("try: request.cancel('No.')\nexcept BaseException: pass", {"ending": "cancelled", "message": "No."}),
    "an error": ("raise CloudError('No.', 4001)", {"ending": "error_set", "message": "No.", "code": 4001}),
    "an exception": ("1 / 0", {"ending": "failed"}),
}  # fmt: skip


@pytest.mark.parametrize(("body", "told"), STOPS.values(), ids=STOPS)
def test_no_further_item_is_handled(event: Event, body: str, told: dict[str, Any]) -> None:
    source = f"{handler(EACH, 'log.debug(request.data)')}    if request.data == 2:\n"
    source = source.replace("== 2", "['n'] == 2") + "\n".join(f"        {line}" for line in body.splitlines())
    outcome = event("before_create", source, data=[{"n": 1}, {"n": 2}, {"n": 3}])
    assert {key: outcome.told[key] for key in told} == told
    assert [message for level, message in outcome.log if level == "debug"] == ["{'n': 1}", "{'n': 2}"]


@pytest.mark.parametrize("body", ["request.answer(1)", "try: request.cancel()\nexcept BaseException: pass"])
def test_the_event_s_handler_can_make_the_others_needless(event: Event, body: str) -> None:
    outcome = event("before_create", handler("before_create", body) + handler(EACH, "log.info('ran')"), data={})
    assert outcome.log == []


WHICH = [("info", "before_create_item ended the request at item 2 of 2.")]


@pytest.mark.parametrize(("data", "log"), [([{"a": 1}, {}], WHICH), ([{}], []), ({}, [])], ids=["many", "1", "one"])
def test_the_log_says_which_item_ended_the_request(event: Event, data: Any, log: list[tuple[str, str]]) -> None:
    source = handler(EACH, "if not request.data: raise CloudError('Empty.')")
    assert event("before_create", source, data=data).log == log


def test_data_that_json_cannot_say_is_told_with_its_item(event: Event) -> None:
    source = handler(EACH, "request.data['Tags'] = set(request.data['Tags']) or []")
    outcome = event("before_create", source, data=[{"Tags": []}, {"Tags": ["a"]}])
    assert outcome.error == ("NotAnAnswer", "request.data[1].Tags is a set, which JSON cannot say.")


MADE = [{"Id": "a", "CreatedAt": "1"}, {"Id": "b", "CreatedAt": "2"}]
ADDED = [{**made, "Title": title} for made, title in zip(MADE, "AB", strict=True)]
ADD = "def after_create_item(request, response): response.result['Title'] = request.data['Title']\n"

# name: (source, result of the operation, result that is left)
AFTER: dict[str, tuple[str, Any, Any]] = {
    "one": (ADD, MADE[0], ADDED[0]),
    "many": (ADD, MADE, ADDED),
    "one in a list": (ADD, MADE[:1], ADDED[:1]),
    "replaced": ("def after_create_item(request, response): response.result = request.data['Title'] + response.result['Id']", MADE, ["Aa", "Bb"]),
    "one replaced": ("def after_create_item(request, response): response.result = 5", MADE[0], 5),
    "an answer": ("def after_create_item(request, response): request.answer(response.result['Id'])", MADE, ["a", "b"]),
    "after the event's handler": (ADD + "def after_create(request, response): assert 'Title' not in str(response.result)", MADE, ADDED),
    "items that the event's handler has added to": (ADD + "def after_create(request, response): response.result = [{**made, 'N': 1} for made in response.result]", MADE, [{**added, "N": 1} for added in ADDED]),
    "one that the event's handler has added to": (ADD + "def after_create(request, response): response.result = {**response.result, 'N': 1}", MADE[0], {**ADDED[0], "N": 1}),
    "an answer of the event's handler's own": (ADD + "def after_create(request, response): response.result = {'message': 'Made.'}", MADE, {"message": "Made."}),
    "an answer of its own for one": ("def after_create_item(request, response): response.result = response.result['Id']\ndef after_create(request, response): response.result = {'message': 'Made.'}", MADE[0], {"message": "Made."}),
    "a shorter answer of its own": ("def after_create_item(request, response): response.result = response.result['Id']\ndef after_create(request, response): response.result.pop()", MADE, MADE[:1]),
    "an answer from a function": (ADD + "from cloud import functions\nasync def after_create(request, response): response.result = functions.call('echo', response.result)", MADE, ADDED),
}  # fmt: skip


@pytest.mark.parametrize(("source", "result", "left"), AFTER.values(), ids=AFTER)
def test_after_each_item(event: Event, source: str, result: Any, left: Any) -> None:
    data = [{"Title": "A"}, {"Title": "B"}][: len(result)] if isinstance(result, list) else {"Title": "A"}
    outcome = event("after_create", source, data=data, response={"result": result, "status_code": 201})
    assert (outcome.left["result"], outcome.left["status_code"]) == (left, 201 if "answer(" not in source else 200)


def test_every_created_item_is_seen_whatever_is_answered(event: Event) -> None:
    source = (
        "from cloud import log\n"
        "def after_create(request, response): response.result = 0; request.data.clear()\n"
        "def after_create_item(request, response): log.info(request.data['n'], made=response.result['Id'])\n"
    )
    outcome = event("after_create", source, data=[{"n": 1}, {"n": 2}], response={"result": MADE})
    assert [(line["message"], line["fields"]["made"]) for line in outcome.lines] == [("1", "a"), ("2", "b")]


def test_where_nothing_was_created_there_is_no_item(event: Event) -> None:
    failed = {"result": None, "status_code": 400, "success": False, "error": {"message": "No.", "code": 601}}
    source = "def after_create_item(request, response): 1 / 0"
    assert event("after_create", source, data=[{}], response=failed).left["status_code"] == 400


NOTHING = {"filter": None, "sort": None, "skip": None, "take": None, "item_id": None}
IDS, ORIGINALS = "event.affected_ids", "event.originals"

# name: (body of the handler, the calls that are made, what it answers)
AFFECTED: dict[str, tuple[str, list[tuple[str, dict[str, Any]]], Any]] = {
    "ids": ("answer = request.affected_ids", [(IDS, NOTHING)], ["a", "b"]),
    "originals": ("answer = [item['Title'] for item in request.originals]", [(ORIGINALS, NOTHING)], [item["Title"] for item in ITEMS]),
    "asked once": ("answer = request.affected_ids[0] + request.affected_ids[1]", [(IDS, NOTHING)], "ab"),
    "each asked for itself": ("answer = [len(request.affected_ids), len(request.originals), len(request.affected_ids)]", [(IDS, NOTHING), (ORIGINALS, NOTHING)], [2, 2, 2]),
    "not asked": ("answer = 1", [], 1),
    "with what the request has become": ("request.filter = {'a': 1}; request.sort = {'b': 1}; request.skip = 1; request.take = 2; answer = len(request.affected_ids)", [(IDS, {"filter": {"a": 1}, "sort": {"b": 1}, "skip": 1, "take": 2, "item_id": None})], 2),
    "asked again after a change": ("request.affected_ids[0]; request.take = 1; answer = len(request.affected_ids)", [(IDS, NOTHING), (IDS, {**NOTHING, "take": 1})], 2),
    "asked again after a change in place": ("request.filter = {}; request.affected_ids[0]; request.filter['a'] = 1; answer = len(request.affected_ids)", [(IDS, {**NOTHING, "filter": {}}), (IDS, {**NOTHING, "filter": {"a": 1}})], 2),
    "a filter with a date": ("import datetime; request.filter = {'at': datetime.date(2024, 1, 2)}; answer = len(request.originals)", [(ORIGINALS, {**NOTHING, "filter": {"at": "2024-01-02"}})], 2),
    "sent on": ("answer = functions.call('echo', request.affected_ids)", [(IDS, NOTHING), ("functions.call", {"name": "echo", "data": ["a", "b"], "master": False})], ["a", "b"]),
    "a failure is raised there": ("request.filter = {'bad': 1}\ntry: answer = list(request.affected_ids)\nexcept CloudError as error: answer = error.code", [(IDS, {**NOTHING, "filter": {"bad": 1}})], 608),
}  # fmt: skip


@pytest.mark.parametrize("name", ["before_update", "before_delete"])
@pytest.mark.parametrize("write", [handler, async_handler], ids=["def", "async def"])
@pytest.mark.parametrize(("body", "calls", "value"), AFFECTED.values(), ids=AFFECTED)
def test_affected_items(event: Event, name: str, write: Any, body: str, calls: list[Any], value: Any) -> None:
    outcome = event(name, write(name, body + "\nrequest.answer(answer)"))
    assert outcome.left["answer"]["result"] == value
    assert outcome.calls == calls


# name: (writer, body)
AWAITED: dict[str, tuple[Any, str]] = {
    "awaited": (async_handler, "answer = [await request.affected_ids, await request.originals]"),
    "gathered": (async_handler, "answer = await asyncio.gather(request.affected_ids, request.originals)"),
    "awaited twice": (async_handler, "await request.affected_ids; await request.originals; answer = [await request.affected_ids, await request.originals]"),
    "used and awaited": (async_handler, "request.affected_ids[0], len(request.originals); answer = [await request.affected_ids, await request.originals]"),
    "in asyncio.run": (handler, "async def ask(): return await asyncio.gather(request.affected_ids, request.originals)\nanswer = asyncio.run(ask())"),
    "in plain code and in asyncio.run": (handler, "request.affected_ids\nasync def ask(): return await asyncio.gather(request.affected_ids, request.originals)\nanswer = asyncio.run(ask())"),
    "in asyncio.run and in plain code": (handler, "async def ask(): request.affected_ids, request.originals\nasyncio.run(ask())\nanswer = [request.affected_ids, request.originals]\nassert type(answer[0]) is list"),
}  # fmt: skip


@pytest.mark.parametrize(("write", "body"), AWAITED.values(), ids=AWAITED)
def test_affected_items_can_be_awaited(event: Event, write: Any, body: str) -> None:
    outcome = event("after_delete", write("after_delete", body + "\nresponse.result = answer"), filter={"a": 1})
    assert outcome.left["result"] == [["a", "b"], ITEMS]
    assert outcome.calls == [(IDS, {**NOTHING, "filter": {"a": 1}}), (ORIGINALS, {**NOTHING, "filter": {"a": 1}})]


def test_the_item_that_is_meant_is_told(event: Event) -> None:
    outcome = event("before_delete", handler("before_delete", "request.originals"), item_id="a")
    assert outcome.calls == [(ORIGINALS, {**NOTHING, "item_id": "a"})]


def test_other_events_have_none_of_it(event: Event) -> None:
    body = "request.answer([hasattr(request, name) for name in ('affected_ids', 'originals', 'filter')])"
    assert event("before_create", handler("before_create", body)).left["answer"]["result"] == [False, False, True]
