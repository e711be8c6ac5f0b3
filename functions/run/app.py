"""One cloud function by direct invoke: `{"app", "function", "data"}`, with master rights."""

from typing import Any

from aws_lambda_powertools import Logger, Metrics, Tracer
from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.typing import LambdaContext

from functions.deployment import start
from runtime.http.direct_invoke import DirectInvoke

logger = Logger(service="relive-run")
metrics = Metrics(namespace="Relive", service="run")
tracer = Tracer(service="relive-run", auto_patch=False)
application = start(logger)
direct_invoke = DirectInvoke(application.apps, application.functions, application.settings)


@logger.inject_lambda_context(clear_state=True)
@tracer.capture_lambda_handler(capture_response=False)
@metrics.log_metrics(capture_cold_start_metric=True)
def handler(event: Any, context: LambdaContext) -> dict[str, Any]:
    """Answer `{"statusCode", "body"}`; with `"raise": true` an error fails the invocation."""
    metrics.add_metric(name="Invocations", unit=MetricUnit.Count, value=1)
    return direct_invoke.handle(event, context.aws_request_id)
