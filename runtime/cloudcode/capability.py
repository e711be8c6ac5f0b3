"""What user code may ask the host for: the shape that every capability has.

A capability exists because the host offers it by name; there is no other way out of the sandbox.
"""

from dataclasses import dataclass
from typing import Any, Protocol

from runtime.apps.app import App
from runtime.budget import Budget
from runtime.principal import Principal


@dataclass(frozen=True)
class CallContext:
    """On whose behalf a capability works: the app, the caller of the request, and what the request may still use up.

    `api_url` is the address of the app's own API, `https://host/v1/app`, as the caller reached it.
    """

    app: App
    principal: Principal
    budget: Budget
    api_url: str


class CapabilityError(Exception):
    """A host call that failed in a way user code may handle; `kind` names the exception class that the guest raises."""

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(message)
        self.kind = kind


class Capability(Protocol):
    """One thing that the host does for user code.

    `arguments` come from user code and are JSON values: check them. The answer is a JSON value. Raises CapabilityError,
    or ReliveError, which user code sees as a CloudError with that code. Runs in a thread of its own, side by side with
    others; must end by `context.budget.deadline`.
    """

    @property
    def name(self) -> str: ...

    @property
    def runs_user_code(self) -> bool:
        """Whether time may be spent in other user code, which then is to blame for it."""
        ...

    def __call__(self, arguments: dict[str, Any], context: CallContext) -> Any: ...
