"""A deployed stack, as its outputs describe it."""

from typing import Any

from runtime.cli.aws import client, in_words
from runtime.cli.failure import CommandError


def table_of(stack: str) -> str:
    """The name of the stack's table. Raises CommandError."""
    outputs = {output["OutputKey"]: output["OutputValue"] for output in _described(stack).get("Outputs", ())}
    if "Table" not in outputs:
        raise CommandError(f"The stack {stack} has no output Table. Is it one of Relive, and has it been deployed?")
    return str(outputs["Table"])


def master_key_of(stack: str) -> str:
    """The name of the parameter that has the stack's master key, as template.yaml says it. Raises CommandError."""
    return parameter_of(_described(stack)["StackName"])


def parameter_of(name: str) -> str:
    """The same for a stack of which the name is known."""
    return f"/relive/{name}/master-key"


def _described(stack: str) -> Any:
    """What CloudFormation says of a stack, which may be given by its name or by its ARN. Raises CommandError."""
    with in_words():
        return client("cloudformation").describe_stacks(StackName=stack)["Stacks"][0]
