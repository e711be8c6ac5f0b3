"""`relive serve`, from its first line to Ctrl-C."""

import json
import shutil
import signal
import subprocess
import time
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import httpx
import pytest

from tests.e2e.conftest import MASTER_KEY, StartServer
from tests.holding_server import holding_server
from tests.sandbox.processes import children, is_alive, needs_proc

pytestmark = pytest.mark.slow

HELLO = "def on_request(request, response):\n    return 'hello, {}'\n"


def test_it_prints_what_one_needs_to_begin(start_server: StartServer) -> None:
    server = start_server()
    server.wait_for("curl ", times=4)
    assert server.url in server.output
    assert "bookstore" in server.output
    assert MASTER_KEY in server.output
    assert server.output.count("curl ") == 4


@pytest.mark.skipif(not shutil.which("curl"), reason="runs the printed lines with curl, which is not installed")
def test_the_lines_it_prints_work(start_server: StartServer) -> None:
    server = start_server()
    lines = [line[line.index("curl ") :] for line in server.output.splitlines() if "curl " in line]
    for line in lines:
        finished = subprocess.run(line + " --silent --show-error --fail", shell=True, capture_output=True, text=True)
        assert finished.returncode == 0, f"{line}\n{finished.stderr}"
        assert finished.stdout


def test_a_changed_file_is_served_and_said_so_in_one_line(start_server: StartServer) -> None:
    server = start_server()
    function = server.app / "functions" / "top_books.py"
    address = f"{server.url}/v1/bookstore/Functions/top_books"

    function.write_text(HELLO.format("again"))
    server.wait_for("Reloaded")
    assert httpx.get(address).json() == "hello, again"
    assert [line for line in server.output.splitlines() if "top_books.py" in line and "Reloaded" in line]

    function.write_text("def on_request(request, response)\n    return 1\n")
    server.wait_for("functions/top_books.py:1")
    assert httpx.get(address).json() == "hello, again", "the last good version keeps running"

    (server.app / "relive.yaml").write_text("app: {id: bookstore, title: B}\nfunctions: {top_books: {colour: red}}\n")
    server.wait_for("relive.yaml:2")
    assert httpx.get(address).json() == "hello, again"

    (server.app / "relive.yaml").write_text("app: {id: bookstore, title: B}\nfunctions: {top_books: {}}\n")
    for path in (*(server.app / "functions").glob("*.py"), *(server.app / "types").glob("*.py")):
        if path != function:
            path.unlink()
    function.write_text(HELLO.format("at last"))
    server.wait_for("Reloaded", times=2)
    assert httpx.get(address).json() == "hello, at last"
    assert httpx.get(f"{server.url}/v1/bookstore/Functions/shelf").json()["errorCode"] == 600


def test_logs_secrets_and_enable(start_server: StartServer) -> None:
    server = start_server(RELIVE_BUDGET_SECONDS="0.4", RELIVE_BREAKER_TIMEOUTS="2")
    server.run("secrets", "set", "KEY", "--app", "bookstore", "--value", "a-secret-of-ours")
    (server.app / "functions" / "top_books.py").write_text(
        "from cloud import secrets\ndef on_request(request, response):\n    print('read', secrets['KEY'])\n    while request.data: pass\n"
    )
    server.wait_for("Reloaded")
    address = f"{server.url}/v1/bookstore/Functions/top_books"
    assert httpx.get(address).status_code == 200
    assert [httpx.post(address, json=1).json()["errorCode"] for _ in range(3)] == [902, 902, 955]
    logged = server.run("logs", "--app", "bookstore")
    assert "read [secret KEY]" in logged
    assert "902" in logged
    assert "a-secret-of-ours" not in logged + server.output
    assert "within 1 second" in server.run("enable", "top_books", "--app", "bookstore")
    time.sleep(1)
    assert httpx.get(address).status_code == 200


def test_the_log_can_be_followed(start_server: StartServer) -> None:
    server = start_server()
    command = [*server.process.args[:1], "logs", "--follow", "--app", "bookstore", "--data", str(server.data)]  # type: ignore[index]
    following = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=server.environment)
    try:
        assert following.stdout is not None
        deadline = time.monotonic() + 20
        seen = ""
        while "top_books" not in seen and time.monotonic() < deadline:
            httpx.get(f"{server.url}/v1/bookstore/Functions/top_books")
            seen += following.stdout.readline()
        assert "top_books" in seen
    finally:
        following.kill()
        following.wait()
        following.stdout.close()


class Library(BaseHTTPRequestHandler):
    """Stands in for the public API that the bookstore calls."""

    def do_GET(self) -> None:
        body = json.dumps(
            {"docs": [{"title": "The Salt Road", "author_name": ["M. Okonedo"], "first_publish_year": 1999}]}
        )
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.end_headers()
        self.wfile.write(body.encode())

    def log_message(self, *_: Any) -> None:
        pass


def test_every_function_of_the_bookstore(start_server: StartServer) -> None:
    library = HTTPServer(("127.0.0.1", 0), Library)
    Thread(target=library.serve_forever, daemon=True).start()
    try:
        stand_ins = json.dumps({"https://openlibrary.org": f"http://127.0.0.1:{library.server_port}"})
        server = start_server(RELIVE_HTTP_STAND_INS=stand_ins)
        base = f"{server.url}/v1/bookstore/Functions"
        assert isinstance(httpx.get(f"{base}/top_books?take=2").json(), list)
        shelf = httpx.get(f"{base}/shelf")
        assert shelf.headers["content-type"].startswith("text/html")
        assert "sandbox" in shelf.headers["content-security-policy"]
        assert httpx.post(f"{base}/order", json={"book": "the-salt-road", "copies": 1}).status_code == 201
        assert httpx.post(f"{base}/order", json={"book": "the-salt-road", "copies": 1000}).json()["errorCode"] == 910
        assert httpx.post(f"{base}/order", json={"rehearse": "crash"}).json()["errorCode"] == 901
        assert "The Salt Road" in httpx.get(f"{base}/find_book?title=salt").text
    finally:
        library.shutdown()
        library.server_close()


def test_eight_calls_run_at_once(start_server: StartServer) -> None:
    """Each of them waits until all are there."""
    with holding_server(crowd=8) as holding:
        server = start_server(RELIVE_HTTP_STAND_INS=json.dumps({"https://openlibrary.org": holding.url}))
        (server.app / "functions" / "top_books.py").write_text(
            "from cloud import http\n"
            "def on_request(request, response): return http.get('https://openlibrary.org/', timeout=50).json()\n"
        )
        server.wait_for("Reloaded")
        answers: list[Any] = []
        address = f"{server.url}/v1/bookstore/Functions/top_books"
        callers = [Thread(target=lambda: answers.append(httpx.get(address, timeout=60).json())) for _ in range(8)]
        for caller in callers:
            caller.start()
        for caller in callers:
            caller.join()
    assert answers == [{"ok": True}] * 8


@needs_proc
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=["Ctrl-C", "terminate"])
def test_it_ends_with_all_its_processes(start_server: StartServer, number: signal.Signals) -> None:
    server = start_server()
    httpx.get(f"{server.url}/v1/bookstore/Functions/top_books")
    processes = [child for parent in children(server.process.pid) for child in (parent, *children(parent))]
    assert len(processes) >= 2
    server.stop(number)
    end = time.monotonic() + 10
    while any(is_alive(pid) for pid in processes):
        assert time.monotonic() < end, "processes are left"
        time.sleep(0.05)
    assert "Traceback" not in server.output


def test_the_data_folder_keeps_the_key_it_made(start_server: StartServer, tmp_path: Path) -> None:
    server = start_server()
    server.environment.pop("RELIVE_MASTER_KEY")
    assert MASTER_KEY in server.output
    assert not (server.data / "master-key").exists(), "a key that was given is not written down"
