"""Runs one handler to its end."""

import asyncio
import inspect
import json
from collections.abc import Callable, Sequence
from typing import Any

from cloud.errors import CloudError
from relive_guest import answers, environment, failure, host, logging, pending
from relive_guest.definition import Definition, NoHandler
from relive_guest.loop import NothingToWaitFor
from relive_guest.requests import Request, RequestCancelled, Response


class Done:
    """The `done` of a handler that asks for one. What it is given does not matter, nor a second call."""

    def __init__(self) -> None:
        self.called = False
        self.on_call: Callable[[], None] | None = None

    def __call__(self, *arguments: object) -> None:
        self.called = True
        if self.on_call is not None:
            self.on_call()


def handle(definition: Definition, text: str) -> str:
    """Run the handler that the event names and tell how it ended. `text` is JSON: `{"handler", "time_left", "request"}`."""
    event = json.loads(text)
    environment.start_call(event["time_left"])
    host.open_door()
    request, response = Request(event["request"]), Response()
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    unseen = _watch_tasks(loop)
    try:
        ending = _run(definition, event["handler"], request, response, loop)
        if unseen:
            raise unseen[0]
    except NothingToWaitFor as exception:
        ending = _ending_of(unseen[0] if unseen else exception, request)
    except BaseException as exception:
        ending = _ending_of(exception, request)
    if request._cancelled is not None:
        ending = json.dumps({"ending": "cancelled", "message": request._cancelled})
    for complaint in pending.finish_all():
        logging.write("warning", complaint)
    _finish_output()
    return ending


def _run(definition: Definition, name: str, request: Request, response: Response, loop: asyncio.AbstractEventLoop) -> str:
    handler, done = definition.handler(name), Done()
    arguments = _arguments_for(handler, (request, response), done)
    result = handler(*arguments)
    if inspect.isawaitable(result) and not isinstance(result, pending.Pending):
        result = loop.run_until_complete(_as_coroutine(result))
    if done in arguments and not done.called:
        loop.run_until_complete(_until_called(done))
    _finish_tasks(loop)
    result = pending.value_of(result)
    if result is not None:
        response.body = result
    return answers.encode(response)


def _arguments_for(handler: Callable[..., Any], offered: Sequence[Any], done: Done) -> list[Any]:
    """As many arguments as the handler takes; a last parameter named `done` gets that."""
    parameters = list(inspect.signature(handler).parameters.values())
    positional = [p for p in parameters if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
    if any(p.kind == p.VAR_POSITIONAL for p in parameters):
        return list(offered)
    if positional and positional[-1].name == "done":
        return [*offered[: len(positional) - 1], done]
    return list(offered[: len(positional)])


async def _as_coroutine(awaitable: Any) -> Any:
    return await awaitable


async def _until_called(done: Done) -> None:
    called = asyncio.get_running_loop().create_future()
    done.on_call = lambda: called.done() or called.set_result(None)
    await called


def _finish_tasks(loop: asyncio.AbstractEventLoop) -> None:
    """Let tasks that nobody awaited finish; one that failed fails the call."""
    while tasks := asyncio.all_tasks(loop):
        try:
            loop.run_until_complete(asyncio.wait(tasks))
        except NothingToWaitFor:
            logging.write("warning", f"{len(tasks)} task(s) were left waiting for something that cannot happen.")
            return
        for task in tasks:
            if not task.cancelled() and (exception := task.exception()) is not None:
                raise exception


def _watch_tasks(loop: asyncio.AbstractEventLoop) -> list[BaseException]:
    """A list that fills with the exceptions of tasks that failed while nobody waited for them."""
    unseen: list[BaseException] = []

    def note(_: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        if isinstance(exception := context.get("exception"), BaseException):
            unseen.append(exception)

    loop.set_exception_handler(note)
    return unseen


def _ending_of(exception: BaseException, request: Request) -> str:
    if isinstance(exception, RequestCancelled):
        return json.dumps({"ending": "cancelled", "message": request._cancelled or ""})
    if isinstance(exception, CloudError):
        error = {"message": exception.message, "code": exception.code, "status": exception.status}
        return json.dumps({"ending": "error_set", **error, "details": failure.details(exception)})
    if isinstance(exception, (NoHandler, answers.NotAnAnswer)):
        return json.dumps({"ending": "failed", "details": {"type": type(exception).__name__, "message": str(exception), "frames": []}})
    return failure.of_handler(exception)


def _finish_output() -> None:
    import sys

    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, logging.LogStream):
            stream.finish()
