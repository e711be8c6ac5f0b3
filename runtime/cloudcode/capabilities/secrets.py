"""The app's secrets, for its user code."""

from typing import Any

from runtime.cloudcode.capability import CallContext, CapabilityError
from runtime.cloudcode.secrets import Secrets


class ReadSecret:
    """`secrets.get` with `{"name": text}`: the value of the app's secret, or null when it has none of that name."""

    name = "secrets.get"
    runs_user_code = False

    def __init__(self, secrets: Secrets) -> None:
        self._secrets = secrets

    def __call__(self, arguments: dict[str, Any], context: CallContext) -> str | None:
        name = arguments.get("name")
        if not isinstance(name, str):
            raise CapabilityError("TypeError", "The name of a secret is a text.")
        return self._secrets.get(context.app.id, name)
