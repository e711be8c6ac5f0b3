"""What CloudFormation is told of a resource that a function makes (AWS: custom resource response objects)."""

import json
from typing import Any

import httpx
from aws_lambda_powertools.utilities.data_classes import CloudFormationCustomResourceEvent

LARGEST_ANSWER = 4096
"""Bytes (AWS: custom resource response objects)."""

LONGEST_REASON = 1000
"""Characters, beyond which nobody reads on."""

SECONDS = 10.0

CONNECTING = 3
"""How often to try again to connect."""


def respond(event: CloudFormationCustomResourceEvent, *, physical_id: str, failure: str | None = None) -> None:
    """Tell that the request was carried out, or why not. `physical_id` is the name of what was made.

    Raises httpx.HTTPError when that cannot be told: Lambda then invokes the function again, as CloudFormation does not
    wait for its answer.
    """
    told: dict[str, Any] = {
        "Status": "FAILED" if failure else "SUCCESS",
        "PhysicalResourceId": physical_id,
        "StackId": event.stack_id,
        "RequestId": event.request_id,
        "LogicalResourceId": event.logical_resource_id,
        "NoEcho": True,
    }
    content = _with_reason(told, failure) if failure else json.dumps(told)
    with httpx.Client(transport=httpx.HTTPTransport(retries=CONNECTING), timeout=SECONDS) as client:
        # The address is signed for a request without a content type.
        client.put(event.response_url, content=content).raise_for_status()


def _with_reason(told: dict[str, Any], reason: str) -> str:
    """As JSON, which is ASCII, with as much of the reason as fits."""
    reason = reason[:LONGEST_REASON]
    while len(content := json.dumps({**told, "Reason": reason})) > LARGEST_ANSWER and reason:
        reason = reason[: len(reason) * 9 // 10]
    return content
