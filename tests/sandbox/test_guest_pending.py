"""Calls to the host as values: they start when they are made, and are waited for where they are used."""

import pytest

from tests.sandbox.guest_calls import Call, SmallHost, awaiting, plain

# What can be done with the answer of a function, without a word about waiting. name: (body of a handler, value)
USES: dict[str, tuple[str, object]] = {
    "an index": ("return functions.call('echo', [1, 2])[1]", 2),
    "a key": ("return functions.call('echo', {'a': 1})['a']", 1),
    "a method": ("return functions.call('echo', {'a': 1}).get('b', 'none')", "none"),
    "an assignment inside": ("it = functions.call('echo', {'a': 1}); it['b'] = 2; del it['a']; return it", {"b": 2}),
    "a loop": ("return [item * 2 for item in functions.call('echo', [1, 2])]", [2, 4]),
    "unpacking": ("a, *rest = functions.call('echo', [1, 2, 3]); return [a, rest]", [1, [2, 3]]),
    "unpacking a dict": ("return {**functions.call('echo', {'a': 1}), 'b': 2}", {"a": 1, "b": 2}),
    "keywords from a dict": ("return dict(**functions.call('echo', {'a': 1}))", {"a": 1}),
    "its length": ("return len(functions.call('echo', 'abc'))", 3),
    "in": ("return 'b' in functions.call('echo', 'abc')", True),
    "equality": ("return [functions.call('echo', 1) == 1, 1 == functions.call('echo', 1), functions.call('echo', 1) != 1]", [True, True, False]),
    "comparison": ("return [functions.call('echo', 2) > 1, 1 > functions.call('echo', 2)]", [True, False]),
    "comparing two": ("return functions.call('echo', 2) > functions.call('echo', 1)", True),
    "arithmetic": ("it = functions.call('echo', 7); return [it + 1, 1 + it, it - 1, 10 - it, it * 2, it / 2, it // 2, it % 4, it ** 2, -it, abs(it), divmod(it, 4)]",
                   [8, 8, 6, 3, 14, 3.5, 3, 3, 49, -7, 7, [1, 3]]),
    "bits": ("it = functions.call('echo', 6); return [it & 3, it | 1, it ^ 2, it << 1, it >> 1, ~it]", [2, 7, 4, 12, 3, -7]),
    "joining texts": ("it = functions.call('echo', 'a'); return [it + 'b', 'b' + it, it * 2]", ["ab", "ba", "aa"]),
    "adding up": ("it = functions.call('echo', 1); it += 1; return it", 2),
    "truth": ("return [bool(functions.call('echo', value)) for value in (0, '', [], None, 1, 'a')]", [False, False, False, False, True, True]),
    "not": ("return 'empty' if not functions.call('echo', []) else 'full'", "empty"),
    "str and repr": ("it = functions.call('echo', ['a']); return [str(it), repr(it)]", ["['a']", "['a']"]),
    "a format": ("it = functions.call('echo', 3.14159); return [f'{it:.2f}', '%s' % it, '{}'.format(it)]", ["3.14", "3.14159", "3.14159"]),
    "int and float": ("return [int(functions.call('echo', '12')), float(functions.call('echo', 2)), round(functions.call('echo', 2.6))]", [12, 2.0, 3]),
    "as an index": ("return [10, 20, 30][functions.call('echo', 1)]", 20),
    "as a key": ("return {'a': 1}[functions.call('echo', 'a')]", 1),
    "in a set": ("return functions.call('echo', 'a') in {'a', 'b'}", True),
    "sorted, sum, max": ("it = functions.call('echo', [2, 1]); return [sorted(it), sum(it), max(it), list(reversed(it))]", [[1, 2], 3, 2, [1, 2]]),
    "list, dict, set": ("return [list(functions.call('echo', [1])), dict(functions.call('echo', {'a': 1})), len(set(functions.call('echo', [1, 1])))]", [[1], {"a": 1}, 1]),
    "isinstance": ("return [isinstance(functions.call('echo', {}), dict), isinstance(functions.call('echo', 'a'), str), isinstance(functions.call('echo', 1), dict)]", [True, True, False]),
    "isinstance of an interface": ("from collections.abc import Mapping\nreturn isinstance(functions.call('echo', {}), Mapping)", True),
    "a class pattern": ("match functions.call('echo', {'a': 1}):\n    case list(): return 'list'\n    case dict(): return 'dict'", "dict"),
    "json.dumps": ("return json.dumps({'it': functions.call('echo', {'a': [1]})})", '{"it": {"a": [1]}}'),
    "returned": ("return functions.call('echo', {'a': 1})", {"a": 1}),
    "returned inside": ("return {'list': [functions.call('echo', 1)], 'tuple': (functions.call('echo', None),)}", {"list": [1], "tuple": [None]}),
    "assigned to the body": ("response.body = functions.call('echo', [1])", [1]),
    "assigned to the status": ("response.status_code = functions.call('echo', 201)\nreturn response.status_code", 201),
    "sent on": ("return functions.call('echo', {'inner': functions.call('echo', 1)})", {"inner": 1}),
    "a copy": ("import copy\nit = functions.call('echo', {'a': [1]}); return [copy.copy(it), copy.deepcopy(it)]", [{"a": [1]}, {"a": [1]}]),
    "bytes": ("import base64, hashlib\nit = functions.call('bytes'); return [base64.b64encode(it).decode(), len(hashlib.sha256(it).digest()), list(bytes(it))]", ["AP8=", 32, [0, 255]]),
    "an HTTP answer": ("it = http.get('https://missing.test'); return [it.status, it.ok, it.text, it.headers['content-type']]", [404, False, "nothing here", "text/plain"]),
    "isinstance of an HTTP answer": ("return isinstance(http.get('https://echo.test'), http.Response)", True),
}  # fmt: skip


@pytest.mark.parametrize("write", [plain, awaiting], ids=["def", "async def"])
@pytest.mark.parametrize(("body", "value"), USES.values(), ids=USES)
def test_a_use_waits_for_the_value(call: Call, write: object, body: str, value: object) -> None:
    assert callable(write)
    assert call(write(body)).value == value


# In plain code the value itself is there, so that also holds what no stand-in can do.
PLAIN: dict[str, tuple[str, object]] = {
    "is None": ("return functions.call('echo', None) is None", True),
    "is True": ("return functions.call('echo', True) is True", True),
    "its type": ("return type(functions.call('echo', 'a')) is str", True),
    "a mapping pattern": ("match functions.call('echo', {'a': 1}):\n    case {'a': value}: return value", 1),
    "a sequence pattern": ("match functions.call('echo', [1, 2]):\n    case [first, _]: return first", 1),
    "joined": ("return ', '.join([functions.call('echo', 'a'), functions.call('echo', 'b')])", "a, b"),
    "parsed": ("return json.loads(functions.call('echo', '[1]'))", [1]),
    "searched": ("import re\nreturn re.sub('a', 'b', functions.call('echo', 'aa'))", "bb"),
    "caught": ("try: functions.call('fails')\nexcept CloudError as error: return [error.code, error.status, error.message]", [4001, 422, "It failed."]),
    "caught over HTTP": ("try: http.get('https://refused.test')\nexcept http.HttpError as error: return str(error)", "no route"),
    "awaited in asyncio.run": ("return asyncio.run(http.get('https://echo.test')).status", 200),
    "gathered in asyncio.run": ("async def both(): return await asyncio.gather(functions.call('echo', 1), functions.call('echo', 2))\nreturn asyncio.run(both())", [1, 2]),
}  # fmt: skip


@pytest.mark.parametrize(("body", "value"), PLAIN.values(), ids=PLAIN)
def test_plain_code_has_the_value_at_once(call: Call, body: str, value: object) -> None:
    assert call(plain(body)).value == value


AWAITED: dict[str, tuple[str, object]] = {
    "await": ("return (await functions.call('echo', 1)) + 1", 2),
    "await is the value itself": ("return (await functions.call('echo', None)) is None", True),
    "await twice": ("it = http.get('https://echo.test')\nreturn (await it) is (await it)", True),
    "await after a use": ("it = functions.call('echo', {'a': 1})\nit['a']\nreturn await it", {"a": 1}),
    "two tasks await the same": ("it = functions.call('echo', 1)\nasync def use(): return await it\nreturn await asyncio.gather(use(), use())", [1, 1]),
    "gather": ("return await asyncio.gather(functions.call('echo', 1), functions.call('echo', 2))", [1, 2]),
    "gather the same twice": ("it = functions.call('echo', 1)\nreturn await asyncio.gather(it, it)", [1, 1]),
    "gather with exceptions": ("return [str(one) for one in await asyncio.gather(functions.call('fails'), functions.call('echo', 1), return_exceptions=True)]", ["It failed.", "1"]),
    "gather after it has failed": ("bad = functions.call('fails')\nawait functions.call('echo')\nreturn [str(one) for one in await asyncio.gather(bad, return_exceptions=True)]", ["It failed."]),
    "wait_for": ("return await asyncio.wait_for(functions.call('echo', 1), 5)", 1),
    "shield": ("return await asyncio.shield(functions.call('echo', 1))", 1),
    "create_task": ("return await asyncio.create_task(functions.call('echo', 1))", 1),
    "ensure_future": ("return await asyncio.ensure_future(functions.call('echo', 1))", 1),
    "a TaskGroup": ("async with asyncio.TaskGroup() as group: task = group.create_task(http.get('https://echo.test'))\nreturn task.result().status", 200),
    "eager tasks": ("asyncio.get_running_loop().set_task_factory(asyncio.eager_task_factory)\nreturn await asyncio.gather(functions.call('echo', 1), functions.call('echo', 2))", [1, 2]),
    "a helper that does not await": ("def helper(): return functions.call('echo', {'a': 1})['a']\nreturn helper()", 1),
    "caught where it is awaited": ("it = functions.call('fails')\ntry: await it\nexcept CloudError as error: return error.code", 4001),
    "caught where it is used": ("it = functions.call('fails')\ntry: it['a']\nexcept CloudError as error: return error.code", 4001),
    "raised again at every use": ("it, seen = functions.call('fails'), 0\nfor _ in range(2):\n    try: await it\n    except CloudError: seen += 1\nreturn seen", 2),
}  # fmt: skip


@pytest.mark.parametrize(("body", "value"), AWAITED.values(), ids=AWAITED)
def test_awaiting(call: Call, body: str, value: object) -> None:
    assert call(awaiting(body)).value == value


# The function `together` answers only when three calls of it are under way.
SIDE_BY_SIDE = {
    "gather": "return await asyncio.gather(*(functions.call('together', 3) for _ in range(3)))",
    "started before the first is used": "a, b, c = (functions.call('together', 3) for _ in range(3))\nreturn [a, b, c]",
    "tasks": "tasks = [asyncio.create_task(functions.call('together', 3)) for _ in range(3)]\nreturn [await task for task in tasks]",
    "a TaskGroup": "async with asyncio.TaskGroup() as group: tasks = [group.create_task(functions.call('together', 3)) for _ in range(3)]\nreturn [task.result() for task in tasks]",
    "never awaited": "functions.call('together', 3); functions.call('together', 3); functions.call('together', 3)\nreturn ['together'] * 3",
}  # fmt: skip


@pytest.mark.parametrize("body", SIDE_BY_SIDE.values(), ids=SIDE_BY_SIDE)
def test_calls_run_side_by_side(call: Call, body: str) -> None:
    assert call(awaiting(body)).value == ["together"] * 3


def test_the_call_that_ends_first_is_served_first(call: Call) -> None:
    source = awaiting("""
        calls = [functions.call("held"), functions.call("release")]
        return [await one for one in asyncio.as_completed(calls)]
        """)
    assert call(source).value == ["release", "held"]


def test_timers_run_while_a_call_is_under_way(call: Call) -> None:
    source = awaiting("""
        seen = []
        async def tick():
            for number in range(3): await asyncio.sleep(0.005); seen.append(number)
            await functions.call("release")
        await asyncio.gather(functions.call("held"), tick())
        return seen
        """)
    assert call(source).value == [0, 1, 2]


def test_a_plain_use_also_takes_the_replies_of_other_calls(call: Call) -> None:
    source = awaiting("""
        first, second = functions.call("held"), functions.call("release")
        return [str(first), str(second)]
        """)
    assert call(source).value == ["held", "release"]


@pytest.mark.parametrize(
    "wait",
    [
        "async with asyncio.timeout(0.02): await functions.call('held')",
        "await asyncio.wait_for(functions.call('held'), 0.02)",
    ],
    ids=["timeout", "wait_for"],
)
def test_nobody_waits_for_a_call_that_was_given_up(call: Call, host: SmallHost, wait: str) -> None:
    source = awaiting(f"try:\n    {wait}\nexcept TimeoutError: return 'given up'")
    assert call(source, seconds=1).value == "given up"


def test_a_call_that_was_never_awaited_is_finished(call: Call, host: SmallHost) -> None:
    outcome = call(
        awaiting("functions.call('held')\nhttp.post('https://held.test')\nfunctions.call('release')\nreturn 1")
    )
    assert outcome.value == 1
    assert len(host.calls) == 3


def test_its_failure_is_logged(call: Call) -> None:
    outcome = call(awaiting("functions.call('fails')\nhttp.get('https://refused.test')\nreturn 1"))
    assert outcome.value == 1
    assert outcome.log == [
        ("warning", "functions.call failed and nobody looked: It failed."),
        ("warning", "http.request failed and nobody looked: no route"),
    ]


def test_a_failure_that_was_seen_is_not(call: Call) -> None:
    source = awaiting("try: await functions.call('fails')\nexcept CloudError: pass\nreturn 1")
    assert call(source).log == []


def test_a_failure_inside_an_answer_is_told_as_itself(call: Call) -> None:
    told = call(awaiting("return {'it': functions.call('fails')}")).told
    assert (told["ending"], told["code"], told["status"], told["message"]) == ("error_set", 4001, 422, "It failed.")


def test_asyncio_wait_wants_tasks_as_ever(call: Call) -> None:
    outcome = call(awaiting("await asyncio.wait([functions.call('echo')])"))
    assert outcome.error == ("TypeError", "Passing coroutines is forbidden, use tasks explicitly.")
