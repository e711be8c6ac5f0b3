"""The bridge from HTTP to the handler: an ASGI application that serves events of a Lambda function URL."""

import asyncio
import base64
import contextlib
import logging
import threading
import uuid
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from typing import Any

from runtime.errors import ReliveError
from runtime.http.body import BODY_BYTES
from runtime.http.error_answer import refusal
from runtime.local.event import function_url_event

logger = logging.getLogger(__name__)

Handler = Callable[[dict[str, Any], str], Mapping[str, Any]]
"""An event and the request's id in, an answer of payload format 2.0 out. Blocks."""

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

NO_LENGTH = (204, 304)


class ClientGoneError(Exception):
    """The client closed the connection before its request was complete."""


class Bridge:
    """Runs the handler in threads, at most `concurrency` at once; further requests wait, up to `wait_seconds` each.

    Each request has a daemon thread of its own, so that what still runs does not hold up the end of the server.
    Who waits for longer, or takes longer to send its body, is refused with 650.
    """

    def __init__(self, handler: Handler, *, domain_name: str, concurrency: int, wait_seconds: float) -> None:
        self._handler = handler
        self._domain_name = domain_name
        self._free = asyncio.Semaphore(concurrency)
        self._wait_seconds = wait_seconds

    async def __call__(self, scope: Mapping[str, Any], receive: Receive, send: Send) -> None:
        request_id = str(uuid.uuid4())
        try:
            answer = await self._answer(scope, receive, request_id)
        except ClientGoneError:
            return
        except TimeoutError:
            answer = refusal(ReliveError(650, "The body did not arrive in time."), request_id)
        except asyncio.CancelledError:
            answer = refusal(ReliveError(1, "The server is stopping."), request_id)
        except Exception:
            logger.exception("Request %s failed in the local server", request_id)
            answer = refusal(ReliveError(1), request_id)
        await _send(answer, scope["method"], send)

    async def _answer(self, scope: Mapping[str, Any], receive: Receive, request_id: str) -> Mapping[str, Any]:
        turn_by = asyncio.get_running_loop().time() + self._wait_seconds
        async with asyncio.timeout_at(turn_by):
            body = await _read(receive)
        event = function_url_event(scope, body, domain_name=self._domain_name, request_id=request_id)
        try:
            async with asyncio.timeout_at(turn_by):
                await self._free.acquire()
        except TimeoutError:
            return refusal(ReliveError(650, "The server was busy with other requests."), request_id)
        try:
            return await self._in_thread(event, request_id)
        finally:
            self._free.release()

    async def _in_thread(self, event: dict[str, Any], request_id: str) -> Mapping[str, Any]:
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[Mapping[str, Any]] = loop.create_future()

        def work() -> None:
            outcome: Mapping[str, Any] | Exception
            try:
                outcome = self._handler(event, request_id)
            except Exception as error:
                outcome = error
            with contextlib.suppress(RuntimeError):  # the loop is closed: the server has stopped
                loop.call_soon_threadsafe(_settle, answer, outcome)

        threading.Thread(target=work, name=f"request {request_id}", daemon=True).start()
        return await answer


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
    body = base64.b64decode(answer["body"]) if answer.get("isBase64Encoded") else answer["body"].encode()
    headers = [(name.lower().encode("latin-1"), _encode(value)) for name, value in answer["headers"].items()]
    headers += [(b"set-cookie", _encode(cookie)) for cookie in answer.get("cookies", ())]
    if method == "HEAD" or answer["statusCode"] in NO_LENGTH:
        body = b""
    else:
        headers.append((b"content-length", str(len(body)).encode()))
    await send({"type": "http.response.start", "status": answer["statusCode"], "headers": headers})
    await send({"type": "http.response.body", "body": body})


def _encode(value: str) -> bytes:
    try:
        return value.encode("latin-1")
    except UnicodeEncodeError:
        return value.encode()
