"""Every HTTP request, from the function's URL."""

from typing import Any

from aws_lambda_powertools import Logger, Metrics, Tracer
from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.typing import LambdaContext

from functions.deployment import start

logger = Logger(service="relive-api")
metrics = Metrics(namespace="Relive", service="api")
tracer = Tracer(service="relive-api", auto_patch=False)
application = start(logger)


@logger.inject_lambda_context(clear_state=True)
@tracer.capture_lambda_handler(capture_response=False)
@metrics.log_metrics(capture_cold_start_metric=True)
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Answer an event of payload format 2.0."""
    answer = application.handle(event, context.aws_request_id)
    metrics.add_metric(name=f"Status{answer['statusCode'] // 100}xx", unit=MetricUnit.Count, value=1)
    return answer
