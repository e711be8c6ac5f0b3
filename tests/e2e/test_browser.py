"""What a browser makes of the headers: calls from another site, and pages that functions send."""

import shutil
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from playwright.sync_api import Page, sync_playwright

from tests.e2e.conftest import Server, StartServer

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
QUIET = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(CHROMIUM is None, reason="needs a browser; on Debian: make system-packages"),
]


@pytest.fixture
def page() -> Iterator[Page]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        yield browser.new_page()
        browser.close()


@pytest.fixture
def other_site(tmp_path: Path) -> Iterator[str]:
    """The address of a page that is not the server's own."""
    (tmp_path / "site").mkdir()
    (tmp_path / "site" / "index.html").write_text("<!doctype html><title>Another site</title>")
    handler = type("Quiet", (SimpleHTTPRequestHandler,), {"log_message": lambda *_: None})
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(handler, directory=str(tmp_path / "site")))
    Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()
    server.server_close()


FETCH = """
async ([url, options]) => {
    const answer = await fetch(url, options);
    return [answer.status, answer.headers.get("x-relive-request-id") !== null, await answer.json()];
}
"""


def fetch(page: Page, server: Server, function: str, **options: Any) -> Any:
    return page.evaluate(FETCH, [f"{server.url}/v1/bookstore/Functions/{function}", options])


def test_another_site_may_call(page: Page, other_site: str, start_server: StartServer) -> None:
    """With a preflight: the browser asks first because of the method, the content type and the headers."""
    server = start_server()
    page.goto(other_site)
    headers = {"Content-Type": "application/json", "X-Everlive-Custom-Parameters": "{}", "X-Anything": "1"}
    order = '{"book": "the-salt-road", "copies": 1}'
    status, sees_request_id, body = fetch(page, server, "order", method="POST", headers=headers, body=order)
    assert (status, sees_request_id, body["Copies"]) == (201, True, 1)


def test_another_site_sees_errors_too(page: Page, other_site: str, start_server: StartServer) -> None:
    server = start_server()
    page.goto(other_site)
    status, sees_request_id, body = fetch(page, server, "no_such_function", method="DELETE")
    assert (status, sees_request_id, body["errorCode"]) == (404, True, 600)
    wrong_key = {"Authorization": "MasterKey wrong"}
    assert fetch(page, server, "top_books", headers=wrong_key)[2]["errorCode"] == 604


PAGE = """
def on_request(request, response):
    response.headers["Content-Type"] = "text/html; charset=utf-8"
    return "<!doctype html><title>é</title><script>document.title += ' ran'</script>"
"""


def test_a_page_of_a_function_is_shut_in(page: Page, start_server: StartServer) -> None:
    """All apps share a domain: a page must not read what another app's page has stored there."""
    server = start_server()
    (server.app / "functions" / "shelf.py").write_text(PAGE)
    server.wait_for("Reloaded")
    page.goto(f"{server.url}/v1/bookstore/Functions/shelf")
    assert page.title() == "é ran", "scripts run"
    assert page.evaluate("window.origin") == "null"
    for storage in ("localStorage", "sessionStorage", "document.cookie"):
        reached = page.evaluate(f"(() => {{ try {{ {storage}; return true }} catch {{ return false }} }})()")
        assert not reached, storage


def test_the_shelf_looks_like_a_page(page: Page, start_server: StartServer) -> None:
    server = start_server()
    page.goto(f"{server.url}/v1/bookstore/Functions/shelf")
    assert page.locator("h1").inner_text() == "On the shelf"
    assert page.locator("li").count() >= 5
