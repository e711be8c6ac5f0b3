"""The master key of a stack, made when CloudFormation makes the stack: the resource MasterKey of template.yaml."""

from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.data_classes import CloudFormationCustomResourceEvent, event_source
from aws_lambda_powertools.utilities.typing import LambdaContext
from botocore.config import Config

from functions.key.custom_resource import respond
from functions.key.rights import until_permitted
from runtime.http.master_key import KeptMasterKey
from runtime.http.master_key_parameter import MasterKeyParameter
from runtime.http.master_key_vault import accepted_key
from runtime.settings import load_settings
from runtime.store.dynamodb.session import aws_session
from runtime.store.engine import open_engine

logger = Logger(service="relive-key")

CONNECT_SECONDS, ANSWER_SECONDS, ATTEMPTS = 2, 4, 3
"""How long to wait for SSM, and how often. With botocore's own times Lambda would end the function before it tells."""


@logger.inject_lambda_context(clear_state=True)
@event_source(data_class=CloudFormationCustomResourceEvent)
def handler(event: CloudFormationCustomResourceEvent, _: LambdaContext) -> None:
    """See that there is a key, and tell CloudFormation so, or why there is none; then the deployment is rolled back.

    The key itself is told to nobody. It stays when the stack is deleted, as the table does.
    """
    failure = None
    if event.request_type != "Delete":
        try:
            parameter = event.resource_properties["Parameter"]
            until_permitted(lambda: make_key(parameter))
        except Exception as error:
            logger.exception("There is no master key")
            failure = f"There is no master key: {error}"
    respond(event, physical_id=physical_id(event), failure=failure)


def make_key(parameter: str) -> None:
    """Have the key of the parameter accepted in the table. Both may be there, of a stack of this name before."""
    engine = open_engine(load_settings())
    try:
        accepted_key(MasterKeyParameter(ssm_client(), parameter), KeptMasterKey(engine.records))
    finally:
        engine.close()


def ssm_client() -> Any:
    config = Config(
        connect_timeout=CONNECT_SECONDS,
        read_timeout=ANSWER_SECONDS,
        retries={"total_max_attempts": ATTEMPTS, "mode": "standard"},
    )
    return aws_session().create_client("ssm", config=config)


def physical_id(event: CloudFormationCustomResourceEvent) -> str:
    """What the resource is called from its making on. Another name would have CloudFormation delete the one before."""
    if event.request_type != "Create":
        return event.physical_resource_id
    return str(event.resource_properties.get("Parameter") or event.logical_resource_id)
