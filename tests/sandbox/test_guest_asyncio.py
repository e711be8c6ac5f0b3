"""asyncio in the guest: what works as everywhere, and how calls end that wait for what cannot happen."""

import pytest

from tests.sandbox.guest_calls import Call, awaiting, plain

# name: (source, value)
WORKS: dict[str, tuple[str, object]] = {
    "sleep": (awaiting("return await asyncio.sleep(0.01, 'slept')"), "slept"),
    "sleep 0 gives way": (awaiting("""
        order = []
        async def other(): order.append("other")
        task = asyncio.create_task(other())
        await asyncio.sleep(0)
        return [*order, "main"]
        """), ["other", "main"]),
    "gather keeps the order": (awaiting("return await asyncio.gather(asyncio.sleep(0.02, 1), asyncio.sleep(0, 2))"), [1, 2]),
    "gather gives exceptions": (awaiting("""
        async def bad(): raise ValueError("bad")
        results = await asyncio.gather(bad(), asyncio.sleep(0, 2), return_exceptions=True)
        return [repr(result) for result in results]
        """), ["ValueError('bad')", "2"]),
    "a timeout that is hit": (awaiting("""
        try:
            async with asyncio.timeout(0.01):
                await asyncio.sleep(60)
        except TimeoutError:
            return "late"
        """), "late"),
    "a timeout that is not hit": (awaiting("""
        async with asyncio.timeout(60):
            return await asyncio.sleep(0, "in time")
        """), "in time"),
    "wait_for": (awaiting("""
        try:
            await asyncio.wait_for(asyncio.sleep(60), 0.01)
        except TimeoutError:
            return await asyncio.wait_for(asyncio.sleep(0, "second"), 60)
        """), "second"),
    "wait for the first": (awaiting("""
        slow, quick = asyncio.create_task(asyncio.sleep(60)), asyncio.create_task(asyncio.sleep(0, "quick"))
        done, pending = await asyncio.wait([slow, quick], return_when=asyncio.FIRST_COMPLETED)
        slow.cancel()
        return [task.result() for task in done] + [len(pending)]
        """), ["quick", 1]),
    "as_completed": (awaiting("""
        slow, quick = asyncio.sleep(0.03, "slow"), asyncio.sleep(0, "quick")
        return [await next_one for next_one in asyncio.as_completed([slow, quick])]
        """), ["quick", "slow"]),
    "a TaskGroup": (awaiting("""
        async with asyncio.TaskGroup() as group:
            one, two = group.create_task(asyncio.sleep(0.01, 1)), group.create_task(asyncio.sleep(0, 2))
        return [one.result(), two.result()]
        """), [1, 2]),
    "a TaskGroup cancels the others": (awaiting("""
        seen = []
        async def waits():
            try: await asyncio.sleep(60)
            except asyncio.CancelledError: seen.append("cancelled"); raise
        async def bad(): raise ValueError("bad")
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(waits()); group.create_task(bad())
        except* ValueError as failed:
            seen.append(len(failed.exceptions))
        return seen
        """), ["cancelled", 1]),
    "a Queue": (awaiting("""
        queue, seen = asyncio.Queue(1), []
        async def produce():
            for item in range(3): await queue.put(item)
            await queue.put(None)
        task = asyncio.create_task(produce())
        while (item := await queue.get()) is not None: seen.append(item)
        return seen
        """), [0, 1, 2]),
    "a Lock": (awaiting("""
        lock, seen = asyncio.Lock(), []
        async def enter(name):
            async with lock:
                seen.append(name); await asyncio.sleep(0.005); seen.append(name)
        await asyncio.gather(enter("a"), enter("b"))
        return seen
        """), ["a", "a", "b", "b"]),
    "a Semaphore": (awaiting("""
        gate, inside, most = asyncio.Semaphore(2), 0, 0
        async def enter():
            nonlocal inside, most
            async with gate:
                inside += 1; most = max(most, inside)
                await asyncio.sleep(0.005)
                inside -= 1
        await asyncio.gather(*(enter() for _ in range(5)))
        return most
        """), 2),
    "an Event and a Condition": (awaiting("""
        event, condition, seen = asyncio.Event(), asyncio.Condition(), []
        async def waits():
            await event.wait(); seen.append("event")
            async with condition: condition.notify_all()
        async with condition:
            task = asyncio.create_task(waits()); event.set()
            await condition.wait(); seen.append("condition")
        return seen
        """), ["event", "condition"]),
    "to_thread, without threads": (awaiting("return await asyncio.to_thread(sorted, [2, 1], reverse=True)"), [2, 1]),
    "to_thread raises": (awaiting("""
        try: await asyncio.to_thread(int, "x")
        except ValueError: return "raised"
        """), "raised"),
    "run_in_executor": (awaiting("return await asyncio.get_running_loop().run_in_executor(None, len, 'abc')"), 3),
    "asyncio.run in a plain handler": (plain("return asyncio.run(asyncio.sleep(0.01, 'ran'))"), "ran"),
    "a Runner in a plain handler": (plain("with asyncio.Runner() as runner: return runner.run(asyncio.sleep(0, 1))"), 1),
    "asyncio.run at the top level": ("import asyncio\nX = asyncio.run(asyncio.sleep(0.01, 5))\n" + plain("return X"), 5),
    "a plain handler that returns a coroutine": (plain("return asyncio.sleep(0.01, 'awaited')"), "awaited"),
    "a plain handler that returns a task": (plain("return asyncio.get_event_loop().create_task(asyncio.sleep(0, 1))"), 1),
    "a shielded call goes on": (awaiting("""
        inner = asyncio.create_task(asyncio.sleep(0.02, "kept"))
        try: await asyncio.wait_for(asyncio.shield(inner), 0.001)
        except TimeoutError: return await inner
        """), "kept"),
    "cancelling runs finally": (awaiting("""
        seen = []
        async def waits():
            try: await asyncio.sleep(60)
            finally: seen.append("finally")
        task = asyncio.create_task(waits())
        await asyncio.sleep(0); task.cancel()
        try: await task
        except asyncio.CancelledError: return seen
        """), ["finally"]),
    "an async generator": (awaiting("""
        async def count():
            for number in range(3):
                await asyncio.sleep(0); yield number
        return [number async for number in count()]
        """), [0, 1, 2]),
    "an async context manager": (awaiting("""
        import contextlib
        seen = []
        @contextlib.asynccontextmanager
        async def scope():
            seen.append("in"); yield 1; seen.append("out")
        async with contextlib.AsyncExitStack() as stack: seen.append(await stack.enter_async_context(scope()))
        return seen
        """), ["in", 1, "out"]),
    "context variables": (awaiting("""
        import contextvars
        user = contextvars.ContextVar("user", default="nobody")
        async def set_it(): user.set("somebody"); return user.get()
        return [await asyncio.create_task(set_it()), user.get()]
        """), ["somebody", "nobody"]),
    "eager tasks": (awaiting("""
        asyncio.get_running_loop().set_task_factory(asyncio.eager_task_factory)
        return await asyncio.gather(asyncio.sleep(0, 1), asyncio.sleep(0, 2))
        """), [1, 2]),
    "call_later": (awaiting("""
        future = asyncio.get_running_loop().create_future()
        asyncio.get_running_loop().call_later(0.01, future.set_result, "later")
        return await future
        """), "later"),
    "many timers at once": (awaiting("return sum(await asyncio.gather(*(asyncio.sleep(0.001 * (i % 7), i) for i in range(500))))"), 124750),
}  # fmt: skip


@pytest.mark.parametrize(("source", "value"), WORKS.values(), ids=WORKS)
def test_works_as_everywhere(call: Call, source: str, value: object) -> None:
    assert call(source).value == value


# What a handler has left to be done when it returns.
LEFT_BEHIND = {
    "a task": awaiting("""
        async def later(): await asyncio.sleep(0.02); print("done")
        asyncio.create_task(later())
        """),
    "a task of a task": awaiting("""
        async def inner(): await asyncio.sleep(0.01); print("done")
        async def outer(): asyncio.create_task(inner())
        asyncio.create_task(outer())
        """),
    "a task of a plain handler": plain("""
        async def later(): print("done")
        asyncio.get_event_loop().create_task(later())
        """),
    "a callback of a plain handler": plain("asyncio.get_event_loop().call_soon(print, 'done')"),
    "a generator that was left half-way": awaiting("""
        async def numbers():
            try: yield 1
            finally: await asyncio.sleep(0.01); print("done")
        async for number in numbers(): break
        """),
    "a generator that is still held": "kept = []\n" + awaiting("""
        async def numbers():
            try: yield 1
            finally: print("done")
        kept.append(numbers())
        await anext(kept[0])
        """),
}  # fmt: skip


@pytest.mark.parametrize("source", LEFT_BEHIND.values(), ids=LEFT_BEHIND)
def test_what_was_left_behind_is_finished(call: Call, source: str) -> None:
    outcome = call(source)
    assert outcome.value == {}
    assert outcome.log == [("info", "done")]


BAD = "async def bad(): raise ValueError('unseen')\n"

# Failures that nobody looked at: they fail the call, with the exception itself.
UNSEEN = {
    "a task that fails at once": BAD + awaiting("asyncio.create_task(bad()); await asyncio.sleep(0.01); return 1"),
    "a task that fails later": awaiting("""
        async def bad(): await asyncio.sleep(0.01); raise ValueError("unseen")
        asyncio.create_task(bad())
        return 1
        """),
    "a failed task that is kept": "kept = []\n" + BAD + awaiting("kept.append(asyncio.create_task(bad())); await asyncio.sleep(0)"),
    "a callback": awaiting("""
        def bad(): raise ValueError("unseen")
        asyncio.get_running_loop().call_soon(bad)
        """),
    "a task while the handler waits in vain": BAD + awaiting("""
        task = asyncio.create_task(bad())
        await asyncio.get_running_loop().create_future()
        """),
}  # fmt: skip


@pytest.mark.parametrize("source", UNSEEN.values(), ids=UNSEEN)
def test_a_failure_that_nobody_saw_fails_the_call(call: Call, source: str) -> None:
    outcome = call(source)
    assert outcome.error == ("ValueError", "unseen")
    assert outcome.failure["frames"][-1]["function"] == "bad"


def test_a_failure_that_was_looked_at_does_not(call: Call) -> None:
    source = BAD + awaiting("""
        task = asyncio.create_task(bad())
        await asyncio.wait([task])
        return str(task.exception())
        """)
    assert call(source).value == "unseen"


NEVER = {
    "a future that nobody sets": awaiting("await asyncio.get_running_loop().create_future()"),
    "a lock taken twice": awaiting("lock = asyncio.Lock()\nawait lock.acquire()\nawait lock.acquire()"),
    "an empty queue": awaiting("await asyncio.Queue().get()"),
    "an event that nobody sets": awaiting("await asyncio.Event().wait()"),
    "one of several": awaiting("await asyncio.gather(asyncio.sleep(0.01), asyncio.Event().wait())"),
    "two that wait for each other": awaiting("""
        a, b = asyncio.Event(), asyncio.Event()
        async def first(): await a.wait(); b.set()
        async def second(): await b.wait(); a.set()
        await asyncio.gather(first(), second())
        """),
    "in asyncio.run": plain("asyncio.run(asyncio.Event().wait())"),
    "after a call to the host": awaiting("await http.get('https://echo.test')\nawait asyncio.Event().wait()"),
}


@pytest.mark.parametrize("source", NEVER.values(), ids=NEVER)
def test_waiting_for_what_cannot_happen_ends_at_once(call: Call, source: str) -> None:
    assert call(source).told == {"ending": "never_done", "done": False}


def test_a_task_that_waits_in_vain_does_not_take_the_answer_away(call: Call) -> None:
    outcome = call(awaiting("asyncio.create_task(asyncio.Event().wait())\nreturn 1"))
    assert outcome.value == 1
    assert outcome.log == [("warning", "1 task(s) were left waiting for something that cannot happen.")]


# name: (source, exception, what its message says)
REFUSED = {
    "a connection": (awaiting("await asyncio.open_connection('example.com', 80)"), "NotImplementedError", "from cloud import http"),
    "a server": (awaiting("await asyncio.start_server(print, port=80)"), "NotImplementedError", "There are no sockets"),
    "a name lookup": (awaiting("await asyncio.get_running_loop().getaddrinfo('a', 1)"), "NotImplementedError", "There are no sockets"),
    "a process": (awaiting("await asyncio.create_subprocess_exec('ls')"), "NotImplementedError", "There are no processes"),
    "a shell": (awaiting("await asyncio.create_subprocess_shell('ls')"), "NotImplementedError", "There are no processes"),
    "a thread": (plain("import threading; threading.Thread(target=print).start()"), "RuntimeError", "Use asyncio"),
    "a timer": (plain("import threading; threading.Timer(1, print).start()"), "RuntimeError", "Use asyncio"),
    "a pool of threads": (plain("from concurrent.futures import ThreadPoolExecutor as P\nwith P() as p: p.submit(print)"), "RuntimeError", "Use asyncio"),
    "asyncio.run inside a loop": (awaiting("asyncio.run(asyncio.sleep(0))"), "RuntimeError", "running event loop"),
}  # fmt: skip


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize(("source", "exception", "message"), REFUSED.values(), ids=REFUSED)
def test_what_there_is_not_says_what_to_use(call: Call, source: str, exception: str, message: str) -> None:
    outcome = call(source)
    assert outcome.failure["type"] == exception
    assert message in outcome.failure["message"]
