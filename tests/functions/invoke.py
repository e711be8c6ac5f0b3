"""Run as a program: calls a Lambda handler with events, as the runtime does, in whatever Python and environment this is.

Arguments: the handler's module, a file with the events as a JSON list, and a file for the answers.
"""

import importlib
import json
import sys
from pathlib import Path


class Context:
    """What Lambda tells a handler of the invocation."""

    function_name = "function"
    function_version = "$LATEST"
    memory_limit_in_mb = 1769
    invoked_function_arn = "arn:aws:lambda:us-east-1:123456789012:function:function"

    def __init__(self, aws_request_id: str) -> None:
        self.aws_request_id = aws_request_id


def main(module: str, events: str, answers: str) -> None:
    handler = importlib.import_module(module).handler
    told = [handler(event, Context(f"request-{n}")) for n, event in enumerate(json.loads(Path(events).read_text()))]
    Path(answers).write_text(json.dumps(told))


if __name__ == "__main__":
    main(*sys.argv[1:])
