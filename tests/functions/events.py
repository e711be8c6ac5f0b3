"""The events of `events/`, and what the deployment answers to them when a request has two seconds."""

import json
from typing import Any

from tests.conftest import MASTER_KEY, ROOT

BUDGET_SECONDS = 2

API = "functions.api.app"
RUN = "functions.run.app"
FUNCTIONS = {API: "ApiFunction", RUN: "RunFunction"}
"""Those that serve, by their names in template.yaml."""

KEY = "functions.key.app"

# Name of the event, handler's module, status, error code, and what else is in the body.
SCENARIOS: list[tuple[str, str, int, int | None, str]] = [
    ("hello", API, 200, None, "The Salt Road"),
    ("error-901", API, 500, 901, "An error occurred during execution of custom server code."),
    ("timeout-902", API, 500, 902, "Server timed Out"),
    ("cancel-910", API, 500, 910, "Not enough in stock"),
    ("custom-error", API, 404, 4041, "no-such-book"),
    ("read-books", API, 200, None, '"Count"'),
    ("denied-603", API, 403, 603, "CREATE access on type 'Author' denied for anonymous user."),
    ("rest-hello", API, 200, None, "The Salt Road"),
    ("run-hello", RUN, 200, None, "The Salt Road"),
]

# These call no function.
ON_ITEMS = ("read-books", "denied-603")


def scenarios(module: str) -> list[tuple[str, str, int, int | None, str]]:
    return [scenario for scenario in SCENARIOS if scenario[1] == module]


def event(name: str) -> dict[str, Any]:
    content: dict[str, Any] = json.loads((ROOT / "events" / f"{name}.json").read_text())
    return content


def check(answer: dict[str, Any], status: int, code: int | None, part: str) -> None:
    """Hold an answer against its scenario."""
    body = json.loads(answer["body"]) if isinstance(answer["body"], str) else answer["body"]
    assert answer["statusCode"] == status
    assert part in json.dumps(body)
    if code is not None:
        assert set(body) == {"message", "errorCode"}
        assert body["errorCode"] == code


def environment(app: str, guests: str, data: str) -> dict[str, str]:
    """The variables of template.yaml, with places on this machine and a short budget."""
    return {
        "RELIVE_APP": app,
        "RELIVE_GUESTS": guests,
        "RELIVE_DATA": data,
        "RELIVE_RUNNERS": "11",
        "RELIVE_MASTER_KEY": MASTER_KEY,
        "RELIVE_SECRETS": "{}",
        "RELIVE_BUDGET_SECONDS": str(BUDGET_SECONDS),
    }
