"""The handler that cold starts are compared with: Powertools as its documentation shows it, and a client of DynamoDB."""

import os
from typing import Any

import boto3
from aws_lambda_powertools import Logger, Metrics, Tracer
from aws_lambda_powertools.event_handler import LambdaFunctionUrlResolver
from aws_lambda_powertools.utilities.typing import LambdaContext

logger = Logger(service="peer")
metrics = Metrics(namespace="Peer", service="peer")
tracer = Tracer(service="peer")
resolver = LambdaFunctionUrlResolver()
client = boto3.client("dynamodb")


@resolver.get("/hello")
def hello() -> dict[str, str]:
    return {"hello": "world"}


@resolver.get("/item")
def item() -> dict[str, str]:
    found = client.get_item(TableName=os.environ["TABLE"], Key={"pk": {"S": "item"}, "sk": {"B": b"1"}})
    return {"Title": found["Item"]["Title"]["S"]}


@logger.inject_lambda_context
@tracer.capture_lambda_handler
@metrics.log_metrics(capture_cold_start_metric=True)
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    return resolver.resolve(event, context)
