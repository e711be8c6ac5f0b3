"""One cloud function by direct invoke: `{"app", "function", "data"}`, with master rights."""

from functions import cold_start

fork_server = cold_start.begin()  # before all other imports

from typing import Any

from aws_lambda_powertools import Logger, Tracer
from aws_lambda_powertools.utilities.typing import LambdaContext

from functions.deployment import Deployment
from functions.metrics import Metrics
from functions.traces import Traces
from runtime.http.direct_invoke import DirectInvoke

logger = Logger(service="relive-run")
metrics = Metrics("run")
tracer = Tracer(service="relive-run", auto_patch=False)
traces = Traces(tracer)
deployment = Deployment(logger, [metrics, traces], fork_server)


@logger.inject_lambda_context(clear_state=True)
@tracer.capture_lambda_handler(capture_response=False)
def handler(event: Any, context: LambdaContext) -> dict[str, Any]:
    """Answer `{"statusCode", "body"}`; with `"raise": true` an error fails the invocation."""
    application = deployment.application
    direct_invoke = DirectInvoke(application.apps, application.functions, application.settings)
    return traces.annotated(
        deployment.app_id,
        lambda: metrics.measured(application, lambda: direct_invoke.handle(event, context.aws_request_id)),
    )
