"""The app's own API, which is served inside. Calls that leave are tested beside what makes them, in ../outgoing."""

import base64
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any

import pytest

from runtime.apps.app import App
from runtime.apps.definition import AppDefinition
from runtime.budget import Budget
from runtime.cloudcode.capabilities.http import Http
from runtime.cloudcode.capability import CallContext, CapabilityError
from runtime.cloudcode.outgoing.own_api import OwnApiRequest, OwnApiResponse
from runtime.errors import ReliveError
from runtime.principal import ANONYMOUS
from runtime.settings import Settings
from tests.cloudcode.outgoing.calling import SIGNER

API_URL = "https://relive.example/v1/bookstore"

Serve = Callable[[OwnApiRequest], OwnApiResponse]


class OwnApi:
    """Keeps what arrives, and answers by path."""

    def __init__(self, **answers: Serve) -> None:
        self.answers = answers
        self.received: list[tuple[OwnApiRequest, Budget]] = []

    def __call__(self, request: OwnApiRequest, budget: Budget) -> OwnApiResponse:
        self.received.append((request, budget))
        path = request.target.partition("?")[0].rpartition("/")[2]
        return self.answers.get(path, lambda _: OwnApiResponse(200, {"X-Own": "1"}, b"own"))(request)


def call(
    own_api: OwnApi,
    url: str,
    *,
    method: str = "GET",
    api_url: str = API_URL,
    allow: list[str] | None = None,
    depth: int = 0,
    settings: dict[str, Any] | None = None,
    **arguments: Any,
) -> Any:
    """The capability's answer. Names are not resolved, so whatever leaves fails."""
    definition = AppDefinition.model_validate(
        {"app": {"id": "bookstore", "title": "Bookstore"}, "http": {"allow": allow}}
    )
    budget = Budget.start(Settings(), request_id="r1", depth=depth).entering("functions/top_books")
    context = CallContext(App(definition, {}), ANONYMOUS, budget, api_url)

    def lookup(host: str) -> list[str]:
        raise OSError("nothing leaves")

    http = Http(Settings(**(settings or {})), own_api, SIGNER, lookup=lookup)
    return http({"method": method, "url": url, **arguments}, context)


def test_own_api_gets_the_request_one_level_deeper() -> None:
    own_api = OwnApi()
    answer = call(
        own_api,
        f"{API_URL}/Functions/top_books?a=b",
        method="POST",
        headers={"Authorization": "Bearer token"},
        body=base64.b64encode(b"data").decode(),
    )
    [(request, budget)] = own_api.received
    assert (request.method, request.target, request.body) == ("POST", "/v1/bookstore/Functions/top_books?a=b", b"data")
    assert request.headers["authorization"] == "Bearer token"
    assert request.headers["host"] == "relive.example"
    assert (budget.depth, budget.request_id, budget.trail) == (1, "r1", ("functions/top_books",))
    assert answer == {
        "status": 200,
        "headers": [["X-Own", "1"]],
        "body": base64.b64encode(b"own").decode(),
        "url": f"{API_URL}/Functions/top_books?a=b",
    }


WHERE = [
    ("same", f"{API_URL}/Functions/f", API_URL, {}, True),
    ("other-app", "https://relive.example/v1/other/Functions/f", API_URL, {}, True),
    ("root", "https://relive.example", API_URL, {}, True),
    ("other-spelling", "HTTPS://RELIVE.example.:443/v1/bookstore", API_URL, {}, True),
    ("other-scheme", "http://relive.example/v1/bookstore", API_URL, {}, False),
    ("other-port", "https://relive.example:8443/v1/bookstore", API_URL, {}, False),
    ("below", "https://a.relive.example/v1/bookstore", API_URL, {}, False),
    ("public-url", "https://books.example/v1/bookstore", API_URL, {"public_url": "https://books.example"}, True),
    ("local", "http://127.0.0.1:8080/v1/bookstore", "http://127.0.0.1:8080/v1/bookstore", {}, True),
    ("local-other-port", "http://127.0.0.1:8081/v1/bookstore", "http://127.0.0.1:8080/v1/bookstore", {}, False),
    ("strange-api-url", "https://relive.example/v1/bookstore", "https://not a host/v1/bookstore", {}, False),
]


@pytest.mark.parametrize(
    ("url", "api_url", "settings", "inside"), [case[1:] for case in WHERE], ids=[case[0] for case in WHERE]
)
def test_which_addresses_are_served_inside(url: str, api_url: str, settings: dict[str, Any], inside: bool) -> None:
    own_api = OwnApi()
    if inside:
        call(own_api, url, api_url=api_url, settings=settings)
    else:
        with pytest.raises(CapabilityError):
            call(own_api, url, api_url=api_url, settings=settings)
    assert len(own_api.received) == int(inside)


def test_the_app_s_list_does_not_keep_it_from_its_own_api() -> None:
    assert call(OwnApi(), API_URL, allow=[])["status"] == 200


def test_too_deep() -> None:
    own_api = OwnApi()
    assert call(own_api, API_URL, depth=7)["status"] == 200
    with pytest.raises(ReliveError) as raised:
        call(own_api, API_URL, depth=8)
    assert raised.value.code == 617
    assert raised.value.details == {"trail": ["functions/top_books"]}
    assert len(own_api.received) == 1


def late(request: OwnApiRequest) -> OwnApiResponse:
    time.sleep(0.3)
    return OwnApiResponse(200, {}, b"late")


FAILING = [
    (
        "too-late",
        late,
        {"timeout": 0.1},
        {},
        "HttpTimeout",
        "relive.example did not answer in full within 0.1 seconds.",
    ),
    (
        "too-large",
        lambda _: OwnApiResponse(200, {}, bytes(300_000)),
        {},
        {"http_body_mb": 0.25},
        "HttpError",
        "The body from relive.example is larger than 0.25 MB.",
    ),
    (
        "redirect-to-a-private-address",
        lambda _: OwnApiResponse(302, {"Location": "http://10.0.0.5/"}, b""),
        {},
        {},
        "HttpBlocked",
        "10.0.0.5 is not a public address (private); cloud code reaches public addresses only.",
    ),
    (
        "redirect-to-itself",
        lambda _: OwnApiResponse(302, {"Location": "/v1/bookstore/end"}, b""),
        {},
        {},
        "HttpError",
        "relive.example answered with more than 5 redirects in a row.",
    ),
]


@pytest.mark.parametrize(
    ("serve", "arguments", "settings", "kind", "message"),
    [case[1:] for case in FAILING],
    ids=[case[0] for case in FAILING],
)
def test_own_api_call_that_fails(
    serve: Serve, arguments: dict[str, Any], settings: dict[str, Any], kind: str, message: str
) -> None:
    with pytest.raises(CapabilityError) as raised:
        call(OwnApi(end=serve), f"{API_URL}/end", settings=settings, **arguments)
    assert (raised.value.kind, str(raised.value)) == (kind, message)


def test_the_time_limit_of_the_call_is_the_deadline_inside() -> None:
    own_api = OwnApi()
    call(own_api, API_URL, timeout=5)
    assert own_api.received[0][1].deadline.remaining() <= 5


def test_an_error_of_the_own_api_is_an_answer() -> None:
    own_api = OwnApi(missing=lambda _: OwnApiResponse(404, {}, b'{"errorCode": 600}'))
    assert call(own_api, f"{API_URL}/missing")["status"] == 404


def test_the_http_client_is_not_imported_before_it_is_needed() -> None:
    code = "import sys, runtime.cloudcode.capabilities.http; print({'httpx', 'httpcore'} & set(sys.modules))"
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert shown.stdout.strip() == "set()"
