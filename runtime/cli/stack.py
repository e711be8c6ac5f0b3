"""A deployed stack, as its outputs and its parameter describe it."""

import time
from typing import Any

from runtime.cli.aws import client, code_of, in_words
from runtime.cli.failure import CommandError
from runtime.local.master_key import new_key

LOOKS = 5
"""How often to look for a parameter that somebody else has just made."""


def table_of(stack: str) -> str:
    """The name of the stack's table. Raises CommandError."""
    with in_words():
        stacks = client("cloudformation").describe_stacks(StackName=stack)["Stacks"]
    outputs = {output["OutputKey"]: output["OutputValue"] for output in stacks[0].get("Outputs", ())}
    if "Table" not in outputs:
        raise CommandError(f"The stack {stack} has no output Table. Is it one of Relive, and has it been deployed?")
    return str(outputs["Table"])


class MasterKeyParameter:
    """The master key of a stack, as a SecureString in the Parameter Store of SSM.

    It is encrypted with the account's own key for SSM, and costs nothing. Whoever asks first makes it. No function of
    the stack can read it: what they need is in the table (see KeptMasterKey). Both methods raise CommandError.
    """

    def __init__(self, stack: str) -> None:
        self.name = f"/relive/{stack}/master-key"
        self._description = f"Relive: the master key of the stack {stack}"
        self._client: Any = client("ssm")

    def key(self) -> str:
        for _ in range(LOOKS):
            if (key := self._read()) is not None:
                return key
            if self._write(key := new_key(), overwrite=False):
                return key
            time.sleep(0.2)  # somebody else has just made it, and not every read sees that at once
        raise CommandError(f"The parameter {self.name} is there, and cannot be found.")

    def replace(self, key: str) -> None:
        self._write(key, overwrite=True)

    def _read(self) -> str | None:
        from botocore.exceptions import ClientError

        with in_words():
            try:
                answer = self._client.get_parameter(Name=self.name, WithDecryption=True)
            except ClientError as error:
                if code_of(error) == "ParameterNotFound":
                    return None
                raise
        return str(answer["Parameter"]["Value"])

    def _write(self, key: str, *, overwrite: bool) -> bool:
        """False if there is one and it is not to be overwritten."""
        from botocore.exceptions import ClientError

        with in_words():
            try:
                self._client.put_parameter(
                    Name=self.name, Value=key, Type="SecureString", Overwrite=overwrite, Description=self._description
                )
            except ClientError as error:
                if code_of(error) == "ParameterAlreadyExists":
                    return False
                raise
        return True
