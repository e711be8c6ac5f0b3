"""All configuration. Every setting is read from an environment variable: `RELIVE_` and the name in capitals."""

import json
import os
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

MEGABYTE = 1024 * 1024
PROJECT = Path(__file__).resolve().parents[1]


PREFIX = "RELIVE_"


def _from_json(value: object) -> object:
    """An object is JSON where it comes from the environment. Raises ValueError."""
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except ValueError:
        raise ValueError("must be JSON, and is not") from None


class Settings(BaseModel):
    """Limits, places and keys of one deployment. Raises pydantic's ValidationError for a value that does not fit.

    What is not given comes from the environment. pydantic-settings could read that, too, but to import it takes as long
    as a tenth of a cold start in Lambda.
    """

    model_config = ConfigDict(extra="ignore", hide_input_in_errors=True)

    # Limits of a request, with everything nested in it
    budget_seconds: float = Field(60, gt=0, le=800, description="Time for a whole request; after it 902 or 650.")
    host_calls: int = Field(1000, ge=0, description="Calls from user code to the host, in the whole tree of a request.")
    code_calls: int = Field(
        500, ge=1, description="Calls of user code in the whole tree of a request, its handlers of events; then 617."
    )
    depth: int = Field(8, ge=0, le=32, description="How deep user code may call user code; beyond it 617.")
    held_mb: float = Field(
        128, gt=0, description="What the server holds for a request's host calls at once, in megabytes."
    )
    request_log_kb: int = Field(
        1024, ge=1, description="Log kept of a whole request, in kilobytes; the rest is cut with a note."
    )

    # Limits of one call of user code
    definition_seconds: float = Field(10, gt=0, description="Time for loading a file of user code (its top level).")
    memory_mb: int = Field(128, ge=64, le=4096, description="Memory of a sandbox, in megabytes.")
    log_kb: int = Field(64, ge=1, description="Log kept of one call, in kilobytes; the rest is cut with a note.")
    result_mb: float = Field(6, gt=0, description="Size of a serialised answer, in megabytes; 901 beyond it.")

    # Sandboxes
    runners: int = Field(
        16, description="Runner processes at most. The depth setting's number of them is kept for nested calls."
    )
    prepare: bool = Field(
        True, description="Whether the next instance of code stands ready after each call of it. Off in Lambda."
    )
    runners_per_request: int = Field(
        0,
        ge=0,
        description="How many of them one request may hold at once. 0: half of what is not kept for nested calls, "
        "and what is.",
    )
    processes: int = Field(
        1,
        ge=0,
        le=64,
        description="Processes of a local server, which share requests and runners; 0 for one for each processor.",
    )
    guests: Path = Field(PROJECT / "build" / "guests", description="Folder with the compiled guests.")

    # Circuit breaker of a function
    breaker_timeouts: int = Field(100, ge=1, description="Time-outs within the window that disable a function.")
    breaker_window_minutes: float = Field(30, gt=0, description="The window in which time-outs are counted.")
    breaker_cooldown_minutes: float = Field(
        15, gt=0, description="How long a function stays disabled before one trial call."
    )

    # Outgoing HTTP of user code
    http_timeout_seconds: float = Field(
        30, gt=0, description="Time for one outgoing HTTP call, if user code sets none."
    )
    http_body_mb: float = Field(6, gt=0, description="Size of an outgoing body and of a received one, in megabytes.")
    http_stand_ins: Annotated[dict[str, str], BeforeValidator(_from_json)] = Field(
        default_factory=dict,
        description='Origins served by another address, as JSON: {"https://api.example.com": "http://127.0.0.1:9000"}. '
        "For tests and private peers: the address is connected to without the check for public addresses.",
    )

    # Logs that are kept
    log_entries: int = Field(10_000, ge=1, description="Calls whose log is kept, for each app.")
    log_days: float = Field(7, gt=0, description="Days for which a call's log is kept.")
    keep_logs: Literal["soon", "at_once", "never"] = Field(
        "soon",
        description="Whether the log of calls is kept in the store: a moment after each call, before its answer "
        "leaves, or not at all. Never in Lambda, where CloudWatch has it.",
    )

    # What is kept in memory
    cache_seconds: float = Field(
        1,
        ge=0,
        le=60,
        description="For how long secrets, master keys and what the breaker knows are used before the store is asked "
        "again. 5 in Lambda.",
    )

    # Places and keys
    data: Path = Field(Path(".data"), description="Folder of the embedded store.")
    table: str = Field("", description="The DynamoDB table with everything. Empty: the embedded store.")
    app: Path = Field(Path("app"), description="In Lambda: the app folder that the package carries.")
    master_key: str = Field("", description="The master key. Locally one is made and kept when this is empty.")
    secrets: Annotated[dict[str, dict[str, str]], BeforeValidator(_from_json)] = Field(
        default_factory=dict,
        description='Secrets by app, as JSON: {"bookstore": {"API_KEY": "value"}}. They win over stored ones.',
    )
    public_url: str = Field(
        "", description="Base address under which clients reach this deployment, if it has one of its own."
    )
    domain_per_app: bool = Field(
        False, description="True when every app has a domain of its own: HTML is then served without sandbox."
    )

    @model_validator(mode="before")
    @classmethod
    def _with_the_environment(cls, given: dict[str, object]) -> dict[str, object]:
        variables = {name.upper(): value for name, value in os.environ.items()}
        named = {name: variables.get(f"{PREFIX}{name.upper()}") for name in cls.model_fields}
        return {**{name: value for name, value in named.items() if value is not None}, **given}

    @model_validator(mode="after")
    def _runners_suffice_for_nesting(self) -> "Settings":
        if self.runners <= self.depth:
            raise ValueError(
                f"runners is {self.runners}, but calls nested {self.depth} deep need at least {self.depth + 1}"
            )
        if 0 < self.runners_per_request <= self.depth or self.runners_per_request > self.runners:
            raise ValueError(
                f"runners_per_request is {self.runners_per_request}, but must be above depth, which is {self.depth}, "
                f"and not above runners, which is {self.runners}"
            )
        return self

    @property
    def runners_of_one_request(self) -> int:
        """How many runners a request may hold at once. Others share what is left, however its calls nest."""
        return self.runners_per_request or self.depth + (self.runners - self.depth + 1) // 2


def load_settings(**overrides: object) -> Settings:
    """Settings from the environment; `overrides` (from the command line) win. None means: not given."""
    return Settings(**{name: value for name, value in overrides.items() if value is not None})  # type: ignore[arg-type]


def environment_names() -> list[str]:
    """Names of all environment variables that are settings, in order."""
    return [f"{PREFIX}{name.upper()}" for name in Settings.model_fields]


def unknown_environment_names() -> list[str]:
    """Variables that start with RELIVE_ and are no setting: most likely misspelt."""
    known = set(environment_names())
    return sorted(name for name in os.environ if name.startswith(PREFIX) and name not in known)
