"""Calls out of functions, seen by those who are called."""

import contextlib
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from runtime.application import Application
from runtime.cloudcode.logs.record import CallRecord
from tests.cloudcode.calling import MASTER, Serve, app_of, call

MakeApplication = Callable[..., Application]
D = "def on_request(request, response):\n"
F = "from cloud import functions\n" + D


def records(application: Application, app: str = "app") -> list[CallRecord]:
    """The kept log, newest call first."""
    return [kept.record for kept in application.logs.page(app, limit=100)]


class Slow(BaseHTTPRequestHandler):
    """Answers after 200 ms with how many requests were in it at the same time at most."""

    lock = threading.Lock()
    inside = 0
    most = 0

    def do_GET(self) -> None:
        cls = type(self)
        with cls.lock:
            cls.inside += 1
            cls.most = max(cls.most, cls.inside)
        time.sleep(30 if self.path == "/forever" else 0.2)
        with cls.lock:
            cls.inside -= 1
        with contextlib.suppress(BrokenPipeError):  # who called did not wait for it
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b'{"ok": true}')

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture
def slow_server() -> Iterator[tuple[type[Slow], str]]:
    handler = type("Handler", (Slow,), {"inside": 0, "most": 0, "lock": threading.Lock()})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield handler, f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


class TestHttp:
    def test_three_gathered_calls_run_side_by_side(
        self, make_application: MakeApplication, slow_server: tuple[type[Slow], str]
    ) -> None:
        handler, address = slow_server
        source = (
            "import asyncio\nfrom cloud import http\nasync def on_request(request, response):\n"
            "    answers = await asyncio.gather(*(http.get('https://slow.example/') for _ in range(3)))\n"
            "    return [answer.json() for answer in answers]"
        )
        application = make_application(
            app_of({"functions/f.py": source}), http_stand_ins={"https://slow.example": address}
        )
        assert call(application, "f").json == [{"ok": True}] * 3
        assert handler.most == 3, "seen by the server they call"

    def test_what_was_never_awaited_is_finished(
        self, make_application: MakeApplication, slow_server: tuple[type[Slow], str]
    ) -> None:
        handler, address = slow_server
        source = "from cloud import http\n" + D + "    http.get('https://slow.example/')"
        application = make_application(
            app_of({"functions/f.py": source}), http_stand_ins={"https://slow.example": address}
        )
        started = time.monotonic()
        assert call(application, "f").json == {}
        assert time.monotonic() - started >= 0.2
        assert handler.most == 1

    def test_the_deadline_inside_a_call_out_is_902(
        self, make_application: MakeApplication, slow_server: tuple[type[Slow], str]
    ) -> None:
        _, address = slow_server
        source = (
            "from cloud import http\n"
            + D
            + "    try: return http.get('https://slow.example/forever').status\n    except Exception: return 'caught'"
        )
        application = make_application(
            app_of({"functions/f.py": source}), http_stand_ins={"https://slow.example": address}, budget_seconds=0.7
        )
        assert call(application, "f").error == (500, 902)

    @pytest.mark.parametrize("url", ["http://127.0.0.1/", "http://169.254.169.254/latest/meta-data/", "http://[::1]/"])
    def test_private_addresses_are_blocked(self, serve: Serve, url: str) -> None:
        source = "from cloud import http\n" + D + f"    return http.get('{url}').status"
        answer = call(serve(app_of({"functions/f.py": source})), "f", headers=MASTER)
        assert answer.error == (500, 901)
        assert answer.json["details"]["type"] == "HttpBlocked"

    OWN = (
        "from cloud import http\n"
        + D
        + "    n = int(request.query_string.get('n', 0))\n"
        + ("    return http.get(request.api_url + '/Functions/f', params={'n': n + 1}).json() if n < 3 else {'n': n}")
    )

    def test_the_apps_own_api_is_served_inside(self, make_application: MakeApplication) -> None:
        application = make_application(app_of({"functions/f.py": self.OWN}))
        assert call(application, "f").json == {"n": 3}
        assert len(records(application)) == 4
        assert {record.request_id for record in records(application)} == {"request-1"}

    def test_a_loop_through_the_own_api_ends_in_617(self, serve: Serve) -> None:
        source = "from cloud import http\n" + D + "    return http.get(request.api_url + '/Functions/f').json()"
        answer = call(serve(app_of({"functions/f.py": source})), "f")
        assert answer.json["errorCode"] == 617
