"""The host's side of one call: answers what user code asks for, within the request's budget."""

import json
import logging
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from runtime.cloudcode.call_log import CallLog
from runtime.cloudcode.capability import CallContext, Capability, CapabilityError
from runtime.cloudcode.told import read_told
from runtime.data.store_failure import store_failure
from runtime.errors import ReliveError
from runtime.held import HeldBytes, TooMuchAtOnce
from runtime.store.port import StoreUnavailableError

logger = logging.getLogger(__name__)

NAME_LIMIT = 100

OUT_OF_TIME_SECONDS = 0.05
"""So close to the deadline a host call gets no reply: it is out of time (902), and not user code's error to handle."""


class CallHost:
    """What the sandbox asks of the host, for one call."""

    def __init__(self, capabilities: Mapping[str, Capability], context: CallContext, log: CallLog) -> None:
        self._capabilities = capabilities
        self._context = context
        self._log = log
        self._raised: dict[tuple[int, str], Mapping[str, Any]] = {}

    def call(self, capability: str, arguments: str) -> str | None:
        """The reply, as JSON: `{"value": ...}` or `{"error": ...}`; None when the request's time is over."""
        budget = self._context.budget.holding()
        with budget.hold:
            reply = self._reply(capability, arguments, replace(self._context, budget=budget))
        if self._context.budget.deadline.remaining() < OUT_OF_TIME_SECONDS:
            return None
        return reply

    def log(self, line: str) -> None:
        self._log.add_from_guest(line)

    def with_details(self, error: ReliveError) -> ReliveError:
        """The error that the call ended in, with what the host knew of it when it came out of a nested call.

        User code carries an error's code and message from one call to the other, and no more than those.
        """
        known = self._raised.get((error.code, error.message), {})
        error.details = {**known, **error.details}
        return error

    def _reply(self, name: str, arguments: str, context: CallContext) -> str:
        try:
            return json.dumps({"value": self._value(name, arguments, context)})
        except CapabilityError as error:
            told: dict[str, Any] = {"kind": error.kind, "message": str(error)}
        except TooMuchAtOnce:
            return refusal(context.budget.tree.held)
        except StoreUnavailableError as error:
            logger.error("Request %s: %s", context.budget.request_id, error)
            told = self._told(store_failure(error))
        except ReliveError as error:
            told = self._told(error)
        except Exception:
            logger.exception("The capability %s failed", name[:NAME_LIMIT])
            told = {"kind": "HostFailure", "message": f"The host failed to do {name[:NAME_LIMIT]}; its log says why."}
        return json.dumps({"error": told})

    def _told(self, error: ReliveError) -> dict[str, Any]:
        self._raised[error.code, error.message] = error.details
        return {"code": error.code, "status": error.status, "message": error.message}

    def _value(self, name: str, arguments: str, context: CallContext) -> Any:
        host_calls = context.budget.tree.host_calls
        if not host_calls.take():
            raise CapabilityError("TooManyCalls", f"The request has used up its {host_calls.limit} calls to the host.")
        capability = self._capabilities.get(name)
        if capability is None:
            raise CapabilityError("UnknownCapability", f"The host does not offer {name[:NAME_LIMIT]!r}.")
        context.budget.hold.add_json(arguments)
        return capability(_read_arguments(arguments), context)


def refusal(held: HeldBytes) -> str:
    """The reply to a call for which the request holds too much already."""
    return json.dumps({"error": {"kind": "TooMuchAtOnce", "message": held.refusal}})


def _read_arguments(text: str) -> dict[str, Any]:
    try:
        arguments = read_told(text)
    except ValueError:
        arguments = None
    if not isinstance(arguments, dict):
        raise CapabilityError("InvalidArguments", "The arguments of a host call are a JSON object.")
    return arguments
