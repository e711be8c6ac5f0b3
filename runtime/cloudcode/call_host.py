"""The host's side of one call: answers what user code asks for, within the request's budget."""

import json
import logging
from collections.abc import Mapping
from typing import Any

from runtime.cloudcode.call_log import CallLog
from runtime.cloudcode.capability import CallContext, Capability, CapabilityError
from runtime.errors import ReliveError

logger = logging.getLogger(__name__)

OUT_OF_TIME_SECONDS = 0.05
"""So close to the deadline a host call gets no reply: it is out of time (902), and not user code's error to handle."""


class CallHost:
    """What the sandbox asks of the host, for one call."""

    def __init__(self, capabilities: Mapping[str, Capability], context: CallContext, log: CallLog) -> None:
        self._capabilities = capabilities
        self._context = context
        self._log = log

    def call(self, capability: str, arguments: str) -> str | None:
        """The reply, as JSON: `{"value": ...}` or `{"error": ...}`; None when the request's time is over."""
        reply = self._reply(capability, arguments)
        if self._context.budget.deadline.remaining() < OUT_OF_TIME_SECONDS:
            return None
        return json.dumps(reply)

    def log(self, line: str) -> None:
        self._log.add_from_guest(line)

    def _reply(self, name: str, arguments: str) -> dict[str, Any]:
        try:
            capability = self._capabilities.get(name)
            if capability is None:
                raise CapabilityError("UnknownCapability", f"The host does not offer {name!r}.")
            if not self._context.budget.host_calls.take():
                limit = self._context.budget.host_calls.limit
                raise CapabilityError("TooManyCalls", f"The request has used up its {limit} calls to the host.")
            return {"value": capability(_read_arguments(arguments), self._context)}
        except CapabilityError as error:
            return {"error": {"kind": error.kind, "message": str(error)}}
        except ReliveError as error:
            return {"error": {"code": error.code, "status": error.status, "message": error.message}}
        except Exception:
            logger.exception("The capability %s failed", name)
            return {"error": {"kind": "HostFailure", "message": f"The host failed to do {name}; its log says why."}}


def _read_arguments(text: str) -> dict[str, Any]:
    try:
        arguments = json.loads(text)
    except (ValueError, RecursionError):
        arguments = None
    if not isinstance(arguments, dict):
        raise CapabilityError("InvalidArguments", "The arguments of a host call are a JSON object.")
    return arguments
