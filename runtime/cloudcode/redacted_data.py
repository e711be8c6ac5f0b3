"""Operations on items for callers from outside, who must not be told an app's secrets by its user code."""

from dataclasses import replace

from runtime.budget import Budget
from runtime.cloudcode.secrets import Secrets
from runtime.data.request import DataAnswer, DataRequest
from runtime.data.service import Data
from runtime.errors import ReliveError


class RedactedData:
    """Like `Data`, with the app's secrets taken out of what an operation ends in.

    That is so for apps that have code: nothing else could have put a secret into an item or an answer.
    """

    def __init__(self, data: Data, secrets: Secrets) -> None:
        self._data = data
        self._secrets = secrets

    def execute(self, request: DataRequest, budget: Budget) -> DataAnswer:
        """Raises ReliveError as `Data.execute` does."""
        if not request.app.code:
            return self._data.execute(request, budget)
        self._secrets.renew(request.app.id)
        try:
            answer = self._data.execute(request, budget)
        except ReliveError as error:
            redactor = self._secrets.redactor(request.app.id)
            raise error.retold(redactor.text, redactor.value(error.details)) from None
        redactor = self._secrets.redactor(request.app.id)
        additional = redactor.value(answer.additional_data)
        return replace(answer, result=redactor.value(answer.result), additional_data=additional)
