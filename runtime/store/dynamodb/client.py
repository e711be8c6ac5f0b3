"""The client of the API: made when it is first needed, and once."""

import threading
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, Protocol, cast

from runtime.store.dynamodb.session import aws_session

CONNECT_SECONDS = 1.0
"""How long to wait for a connection. AWS is in the same region."""

ANSWER_SECONDS = 5.0
"""How long to wait for an answer at most. A page of 1 MB takes a tenth of a second or two."""

LEAST_ANSWER_SECONDS = 0.1
"""How long to wait for an answer at least, however near the deadline is."""

CONNECTIONS = 50

Answer = Mapping[str, Any]


class DynamoDBClient(Protocol):
    """The operations that the store uses, of botocore's client or of whatever stands in front of it."""

    def get_item(self, **request: Any) -> Answer: ...

    def batch_get_item(self, **request: Any) -> Answer: ...

    def query(self, **request: Any) -> Answer: ...

    def scan(self, **request: Any) -> Answer: ...

    def put_item(self, **request: Any) -> Answer: ...

    def update_item(self, **request: Any) -> Answer: ...

    def delete_item(self, **request: Any) -> Answer: ...

    def transact_write_items(self, **request: Any) -> Answer: ...

    def batch_write_item(self, **request: Any) -> Answer: ...

    def close(self) -> None: ...


_answer_seconds: ContextVar[float] = ContextVar("answer_seconds", default=ANSWER_SECONDS)


@contextmanager
def answer_within(seconds: float) -> Iterator[None]:
    """Requests inside wait for their answers for this long, at most for ANSWER_SECONDS."""
    token = _answer_seconds.set(min(ANSWER_SECONDS, max(LEAST_ANSWER_SECONDS, seconds)))
    try:
        yield
    finally:
        _answer_seconds.reset(token)


class LazyClient:
    """Answers the one client, which it makes at the first call: importing and making it take a third of a second.

    Region (see aws_session), credentials and, for tests, the endpoint (AWS_ENDPOINT_URL_DYNAMODB) are those of the
    environment. Raises botocore's NoRegionError and others if they do not suffice.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._client: DynamoDBClient | None = None

    def __call__(self) -> DynamoDBClient:
        if self._client is None:
            with self._lock:
                if self._client is None:
                    self._client = _make_client()
        return self._client

    def close(self) -> None:
        """Close all connections, if there are any. Should the client be used again, it makes others."""
        if self._client is not None:
            self._client.close()


def _make_client() -> DynamoDBClient:
    from botocore.config import Config

    config = Config(
        connect_timeout=CONNECT_SECONDS,
        read_timeout=ANSWER_SECONDS,
        max_pool_connections=CONNECTIONS,
        # The table repeats requests itself: it knows which of them may have been applied.
        retries={"total_max_attempts": 1, "mode": "standard"},
        parameter_validation=False,
        tcp_keepalive=True,
    )
    client = aws_session().create_client("dynamodb", config=config)
    client.meta.events.register("before-send.dynamodb", _limit_wait)
    client.meta.events.register("before-parse.dynamodb", _check_whole)
    return cast(DynamoDBClient, client)


def _limit_wait(request: Any, **_: object) -> None:
    # Versions of botocore that do not know this wait as long as the client does.
    request.context["read_timeout"] = _answer_seconds.get()


def _check_whole(response_dict: Any, **_: object) -> None:
    # botocore reads an answer that breaks off as one that says nothing: "no such item".
    from botocore.exceptions import ChecksumError

    body, headers = response_dict["body"], response_dict["headers"]
    length, checksum = headers.get("content-length"), headers.get("x-amz-crc32")
    if length is not None and int(length) != len(body):
        raise ChecksumError(checksum_type="length", expected_checksum=length, actual_checksum=len(body))
    if checksum is not None and int(checksum) != zlib.crc32(body):
        raise ChecksumError(checksum_type="crc32", expected_checksum=checksum, actual_checksum=zlib.crc32(body))
