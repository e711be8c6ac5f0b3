"""Runs one handler to its end."""

import asyncio
import inspect
import json
from collections.abc import Callable
from typing import Any

from cloud.errors import CloudError
from relive_guest import answers, environment, failure, host, logging, pending
from relive_guest.definition import Definition, NoHandler
from relive_guest.done import Done, arguments_for
from relive_guest.loop import HandlerLoop, NothingToWaitFor, as_coroutine
from relive_guest.requests import Request, Response


def handle(definition: Definition, text: str) -> str:
    """Run the handler that the event names and tell how it ended.

    `text` is JSON: `{"handler", "time_left", "request"}`.
    """
    event = json.loads(text)
    environment.start_call(event["time_left"])
    host.open_door()
    request, response, loop = Request(event["request"]), Response(), HandlerLoop()
    asyncio.set_event_loop(loop)
    try:
        _run(definition.handler(event["handler"]), request, response, loop)
        ending = answers.encode(response)
    except BaseException as exception:
        ending = _ending_of(exception)
    if request._cancelled is not None:  # also when user code has caught the exception that says so
        ending = json.dumps({"ending": "cancelled", "message": request._cancelled})
    for complaint in pending.finish_all():
        logging.write("warning", complaint)
    environment.finish_output()
    return ending


def _run(handler: Callable[..., Any], request: Request, response: Response, loop: HandlerLoop) -> None:
    """Run a handler, and all that it has left to be done. Raises what it, or a task of it, failed with."""
    done = Done()
    arguments, by_name = arguments_for(handler, (request, response), done)
    try:
        result = handler(*arguments, **by_name)
        if not pending.is_pending(result) and inspect.isawaitable(result):
            result = loop.run_until_complete(as_coroutine(result))
        if done in arguments or by_name:
            loop.run_until_complete(done._until_called())
        _finish_tasks(loop)
    except NothingToWaitFor as exception:
        exception.for_done = done in arguments or bool(by_name)
        raise loop.unseen_failure() or exception from None
    if (unseen := loop.unseen_failure()) is not None:
        raise unseen
    result = pending.value_of(result)
    if result is not None:
        response.body = result


def _finish_tasks(loop: HandlerLoop) -> None:
    """Let tasks that nobody awaited finish, and generators that were left half-way clean up."""
    tasks: set[asyncio.Task[Any]] = set()
    try:
        loop.run_what_is_ready()
        while tasks := asyncio.all_tasks(loop):
            loop.run_until_complete(asyncio.wait(tasks))
        loop.close_generators()
    except NothingToWaitFor:
        count = sum(not task.done() for task in tasks)
        logging.write("warning", f"{count} task(s) were left waiting for something that cannot happen.")


def _ending_of(exception: BaseException) -> str:
    inner = list(failure.leaves(exception))
    if len(inner) == 1 or all(isinstance(one, CloudError) for one in inner):
        exception = inner[0]  # what one task of a TaskGroup raises ends the call as if the handler had raised it
    if isinstance(exception, CloudError):
        error = {"message": exception.message, "code": exception.code, "status": exception.status}
        return json.dumps({"ending": "error_set", **error, "details": failure.details(exception)})
    if isinstance(exception, (NoHandler, answers.NotAnAnswer)):
        details = {"type": type(exception).__name__, "message": str(exception), "frames": []}
        return json.dumps({"ending": "failed", "details": details})
    return failure.ending(exception)
