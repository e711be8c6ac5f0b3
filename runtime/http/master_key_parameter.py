"""The master key of a stack, as a SecureString in the Parameter Store of SSM."""

import time
from typing import Any

from runtime.http.master_key_vault import MasterKeyError, new_key

LOOKS = 5
"""How often to look for a parameter that somebody else has just made."""


class MasterKeyParameter:
    """A Vault. `client` is botocore's for SSM, and `name` that of the parameter.

    It is encrypted with the account's own key for SSM, and costs nothing. The stack makes it, or whoever asks first.
    None of the functions that serve requests can read it: what they need is in the table (see KeptMasterKey). Both
    methods raise MasterKeyError, and what botocore raises.
    """

    def __init__(self, client: Any, name: str) -> None:
        self._client = client
        self._name = name

    def key(self) -> str:
        for _ in range(LOOKS):
            if (key := self._read()) is not None:
                return key
            if self._write(key := new_key(), overwrite=False):
                return key
            time.sleep(0.2)  # somebody else has just made it, and not every read sees that at once
        raise MasterKeyError(f"The parameter {self._name} is there, and cannot be found.")

    def replace(self, key: str) -> None:
        self._write(key, overwrite=True)

    def _read(self) -> str | None:
        try:
            answer = self._client.get_parameter(Name=self._name, WithDecryption=True)
        except self._client.exceptions.ParameterNotFound:
            return None
        return str(answer["Parameter"]["Value"])

    def _write(self, key: str, *, overwrite: bool) -> bool:
        """False if there is one and it is not to be overwritten."""
        try:
            self._client.put_parameter(
                Name=self._name,
                Value=key,
                Type="SecureString",
                Overwrite=overwrite,
                Description="The master key of Relive",
            )
        except self._client.exceptions.ParameterAlreadyExists:
            return False
        return True
