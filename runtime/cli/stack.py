"""A deployed stack, as its outputs describe it."""

from runtime.cli.aws import client, in_words
from runtime.cli.failure import CommandError


def table_of(stack: str) -> str:
    """The name of the stack's table. Raises CommandError."""
    with in_words():
        stacks = client("cloudformation").describe_stacks(StackName=stack)["Stacks"]
    outputs = {output["OutputKey"]: output["OutputValue"] for output in stacks[0].get("Outputs", ())}
    if "Table" not in outputs:
        raise CommandError(f"The stack {stack} has no output Table. Is it one of Relive, and has it been deployed?")
    return str(outputs["Table"])


def master_key_of(stack: str) -> str:
    """The name of the parameter that has the stack's master key, as template.yaml says it."""
    return f"/relive/{stack}/master-key"
