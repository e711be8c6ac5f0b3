"""CloudFormation as a function sees it that makes a resource: it asks, and waits at an address for what it is told."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any

STACK_ID = "arn:aws:cloudformation:eu-central-1:123456789012:stack/relive/5b9f"


class CloudFormation:
    """`told` are the answers, each with its headers; `status` is how they are received."""

    def __init__(self) -> None:
        self.told: list[tuple[dict[str, Any], dict[str, str]]] = []
        self.status = 200
        cloudformation = self

        class Handler(BaseHTTPRequestHandler):
            def do_PUT(self) -> None:
                told = json.loads(self.rfile.read(int(self.headers["content-length"])))
                cloudformation.told.append((told, {name.lower(): value for name, value in self.headers.items()}))
                self.send_response(cloudformation.status)
                self.send_header("content-length", "0")
                self.end_headers()

            def log_message(self, format: str, *arguments: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}/answer?Signature=a-secret"
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02})
        self._thread.start()

    def request(self, kind: str, **properties: str) -> dict[str, Any]:
        """The event that asks to create, update or delete the resource."""
        return {
            "RequestType": kind,
            "RequestId": f"to {kind}",
            "ResponseURL": self.url,
            "ResourceType": "Custom::MasterKey",
            "LogicalResourceId": "MasterKey",
            "StackId": STACK_ID,
            "ServiceToken": "arn:aws:lambda:eu-central-1:123456789012:function:key",
            "ResourceProperties": {
                "ServiceToken": "arn:aws:lambda:eu-central-1:123456789012:function:key",
                **properties,
            },
            **({} if kind == "Create" else {"PhysicalResourceId": "what was made"}),
        }

    def __enter__(self) -> "CloudFormation":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
