"""The bridge from HTTP to the handler: an ASGI application that serves events of a Lambda function URL."""

import asyncio
import logging
import time
import uuid
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from typing import Any, Protocol

from runtime.errors import ReliveError
from runtime.http.body import BODY_BYTES
from runtime.http.error_answer import refusal
from runtime.local.answer import response_body, response_headers
from runtime.local.event import function_url_event
from runtime.threads import Threads

logger = logging.getLogger(__name__)


class Handler(Protocol):
    """An event and the request's id in, an answer of payload format 2.0 out. Blocks.

    `waited` is how many seconds of the request's time have passed before.
    """

    def __call__(self, event: dict[str, Any], request_id: str, /, *, waited: float) -> Mapping[str, Any]: ...


Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

NO_LENGTH = (204, 304)

MEMORY_SECONDS = 0.05
"""How long to wait for memory before trying once more."""


class ClientGoneError(Exception):
    """The client closed the connection before its request was complete."""


class Bridge:
    """Runs the handler in threads, at most `concurrency` at once; further requests wait, up to `wait_seconds` each.

    Who waits for longer, or takes longer to send its body, is refused with 650. The wait is part of a request's time.
    """

    def __init__(self, handler: Handler, *, domain_name: str, concurrency: int, wait_seconds: float) -> None:
        self._handler = handler
        self._domain_name = domain_name
        self._free = asyncio.Semaphore(concurrency)
        self._threads = Threads(concurrency)
        self._wait_seconds = wait_seconds

    async def __call__(self, scope: Mapping[str, Any], receive: Receive, send: Send) -> None:
        request_id = str(uuid.uuid4())
        try:
            answer = await self._answer(scope, receive, request_id)
        except ClientGoneError:
            return
        except asyncio.CancelledError:
            answer = refusal(ReliveError(1, "The server is stopping."), request_id)
        except Exception:
            logger.exception("Request %s failed in the local server", request_id)
            answer = refusal(ReliveError(1), request_id)
        await _send(answer, scope["method"], send)

    async def _answer(self, scope: Mapping[str, Any], receive: Receive, request_id: str) -> Mapping[str, Any]:
        now = asyncio.get_running_loop().time
        began = now()
        body: bytes | None = None
        try:
            async with asyncio.timeout_at(began + self._wait_seconds):
                body = await _read(receive)
                await self._free.acquire()
        except TimeoutError:
            late = "The body did not arrive in time." if body is None else "The server was busy with other requests."
            return refusal(ReliveError(650, late), request_id)
        try:
            event = function_url_event(scope, body, domain_name=self._domain_name, request_id=request_id)
            return await self._in_thread(event, request_id, now() - began)
        finally:
            self._free.release()

    async def _in_thread(self, event: dict[str, Any], request_id: str, waited: float) -> Mapping[str, Any]:
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[Mapping[str, Any]] = loop.create_future()

        def work() -> None:
            outcome: Mapping[str, Any] | Exception
            try:
                outcome = self._handler(event, request_id, waited=waited)
            except Exception as error:
                outcome = error
            _hand_over(loop, answer, outcome)

        self._threads.run(work)
        return await answer


def _hand_over(
    loop: asyncio.AbstractEventLoop, answer: asyncio.Future[Mapping[str, Any]], outcome: Mapping[str, Any] | Exception
) -> None:
    while True:
        try:
            loop.call_soon_threadsafe(_settle, answer, outcome)
        except RuntimeError:  # the loop is closed: the server has stopped
            pass
        except MemoryError:  # somebody waits for this answer, so there must be some in the end
            time.sleep(MEMORY_SECONDS)
            continue
        return


def _settle(answer: asyncio.Future[Mapping[str, Any]], outcome: Mapping[str, Any] | Exception) -> None:
    if answer.done():  # cancelled: the server is stopping
        return
    if isinstance(outcome, Exception):
        answer.set_exception(outcome)
    else:
        answer.set_result(outcome)


async def _read(receive: Receive) -> bytes:
    """The body, or enough of it to be refused as too large."""
    body = bytearray()
    while len(body) <= BODY_BYTES:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientGoneError
        body += message.get("body", b"")
        if not message.get("more_body", False):
            break
    return bytes(body[: BODY_BYTES + 1])


async def _send(answer: Mapping[str, Any], method: str, send: Send) -> None:
    has_body = method != "HEAD" and answer["statusCode"] not in NO_LENGTH
    body = response_body(answer) if has_body else b""
    headers = response_headers(answer, len(body) if has_body else None)
    await send({"type": "http.response.start", "status": answer["statusCode"], "headers": headers})
    await send({"type": "http.response.body", "body": body})
