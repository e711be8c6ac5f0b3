"""The master key of a stack, made when CloudFormation makes the stack: the resource MasterKey of template.yaml."""

from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.data_classes import CloudFormationCustomResourceEvent, event_source
from aws_lambda_powertools.utilities.typing import LambdaContext

from functions.key.custom_resource import respond
from runtime.http.master_key import KeptMasterKey
from runtime.http.master_key_parameter import MasterKeyParameter
from runtime.http.master_key_vault import accepted_key
from runtime.settings import load_settings
from runtime.store.dynamodb.session import aws_session
from runtime.store.engine import open_engine

logger = Logger(service="relive-key")


@logger.inject_lambda_context(clear_state=True)
@event_source(data_class=CloudFormationCustomResourceEvent)
def handler(event: CloudFormationCustomResourceEvent, _: LambdaContext) -> None:
    """See that there is a key, and tell CloudFormation so, or why there is none; then the deployment is rolled back.

    The key itself is told to nobody. It stays when the stack is deleted, as the table does.
    """
    failure = None
    if event.request_type != "Delete":
        try:
            make_key(event.resource_properties["Parameter"])
        except Exception as error:
            logger.exception("There is no master key")
            failure = f"There is no master key: {error}"
    respond(event, physical_id=physical_id(event), failure=failure)


def make_key(parameter: str) -> None:
    """Have the key of the parameter accepted in the table. Both may be there, of a stack of this name before."""
    engine = open_engine(load_settings())
    try:
        vault = MasterKeyParameter(aws_session().create_client("ssm"), parameter)
        accepted_key(vault, KeptMasterKey(engine.records))
    finally:
        engine.close()


def physical_id(event: CloudFormationCustomResourceEvent) -> str:
    properties: dict[str, Any] = event.resource_properties
    return str(properties.get("Parameter") or event.physical_resource_id)
