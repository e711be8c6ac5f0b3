"""What CloudFormation is told of a resource that a function makes (AWS: custom resource response objects)."""

import json

import httpx
from aws_lambda_powertools.utilities.data_classes import CloudFormationCustomResourceEvent

LONGEST_REASON = 1000
"""Characters. AWS takes 4,096 bytes for the whole of it."""

SECONDS = 10.0

CONNECTING = 3
"""How often to try again to connect."""


def respond(event: CloudFormationCustomResourceEvent, *, physical_id: str, failure: str | None = None) -> None:
    """Tell that the request was carried out, or why not. `physical_id` is the name of what was made.

    Raises httpx.HTTPError when that cannot be told: Lambda then invokes the function again, as CloudFormation does not
    wait for its answer.
    """
    told = {
        "Status": "FAILED" if failure else "SUCCESS",
        "PhysicalResourceId": physical_id,
        "StackId": event.stack_id,
        "RequestId": event.request_id,
        "LogicalResourceId": event.logical_resource_id,
        "NoEcho": True,
    }
    if failure:
        told["Reason"] = failure[:LONGEST_REASON]
    with httpx.Client(transport=httpx.HTTPTransport(retries=CONNECTING), timeout=SECONDS) as client:
        # The address is signed for a request without a content type.
        client.put(event.response_url, content=json.dumps(told)).raise_for_status()
