"""Serves one event of the host: runs the handler that it names, and tells how that ended."""

import asyncio
import json
from typing import Any

from cloud.errors import CloudError
from relive_guest import answers, cancellation, data_events, environment, failure, host, logging, pending
from relive_guest.definition import Definition, NoHandler
from relive_guest.loop import HandlerLoop
from relive_guest.requests import Request, Response
from relive_guest.running import Handler

HANDLERS = ":handlers"
"""In place of a handler's name: which handlers of data events does the file define?"""


_loops: list[HandlerLoop] = []


def make_ready() -> None:
    """Make what each call needs, so that it is in the snapshot."""
    _loops[:] = [HandlerLoop()]


def handle(definition: Definition, text: str) -> str:
    """Run the handler that the event names and tell how it ended.

    `text` is JSON: `{"handler", "time_left", "request"}`; of a data event also `context`, and `response` after it.
    """
    event = json.loads(text)
    if event["handler"] == HANDLERS:
        return data_events.handlers_in(definition)
    environment.start_call(event["time_left"])
    host.open_door()
    loop = _loops.pop() if _loops else HandlerLoop()
    asyncio.set_event_loop(loop)
    try:
        run = data_events.run if event["handler"] in data_events.EVENTS else _run_function
        ending = run(definition, event, loop)
    except BaseException as exception:
        ending = _ending_of(exception)
    if (cancelled := cancellation.cancelled()) is not None:
        ending = json.dumps({"ending": "cancelled", "message": cancelled.message})
    for complaint in pending.finish_all():
        logging.write("warning", complaint)
    environment.finish_output()
    return ending


def _run_function(definition: Definition, event: dict[str, Any], loop: HandlerLoop) -> str:
    request, response = Request(event["request"]), Response()
    result = Handler(definition.handler(event["handler"]), loop).run(request, response)
    if result is not None:
        response.body = result
    return answers.encode(response)


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
