"""Every HTTP request, from the function's URL or a REST API."""

from functions import cold_start

fork_server = cold_start.begin()  # before all other imports

from typing import Any

from aws_lambda_powertools import Logger, Tracer
from aws_lambda_powertools.utilities.typing import LambdaContext

from functions.deployment import Deployment
from functions.metrics import Metrics
from functions.traces import Traces

logger = Logger(service="relive-api")
metrics = Metrics("api")
tracer = Tracer(service="relive-api", auto_patch=False)
traces = Traces(tracer)
deployment = Deployment(logger, [metrics, traces], fork_server)


@logger.inject_lambda_context(clear_state=True)
@tracer.capture_lambda_handler(capture_response=False)
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Answer an event of payload format 2.0, or one of a REST API."""
    application = deployment.application
    return traces.annotated(
        deployment.app_id,
        lambda: metrics.measured(application, lambda: application.handle(event, context.aws_request_id)),
    )
