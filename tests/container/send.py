"""Run as a program: posts the events on its input, a JSON list, to the URL that is its argument, and prints the answers.

It waits for a server that is only starting.
"""

import json
import sys
import time
import urllib.error
import urllib.request
from typing import Any

START_SECONDS = 60
ANSWER_SECONDS = 60


def main(url: str) -> None:
    give_up_at = time.monotonic() + START_SECONDS
    answers = []
    for event in json.load(sys.stdin):
        while True:
            try:
                answers.append(post(url, event))
                break
            except ConnectionRefusedError:
                if time.monotonic() > give_up_at:
                    raise
                time.sleep(0.1)
    json.dump(answers, sys.stdout)


def post(url: str, event: Any) -> Any:
    request = urllib.request.Request(url, json.dumps(event).encode(), {"Content-Type": "application/json"})
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(request, timeout=ANSWER_SECONDS) as answer:
            return json.load(answer)
    except urllib.error.URLError as exception:
        if isinstance(exception.reason, ConnectionRefusedError):
            raise exception.reason from None
        raise


if __name__ == "__main__":
    main(sys.argv[1])
