"""A client whose process ends at one of its requests."""

from typing import Any


class Killed(BaseException):
    """The process is no more."""


class DyingClient:
    """Answers so many requests; of the next one nothing comes back, whether it was applied or not."""

    def __init__(self, client: Any, answers: float, *, applied: bool) -> None:
        self._client = client
        self._left = answers
        self._applied = applied
        self.requests = 0

    def __getattr__(self, name: str) -> Any:
        def request(**parameters: Any) -> Any:
            self.requests += 1
            self._left -= 1
            if self._left < 0:
                if self._left == -1 and self._applied:
                    getattr(self._client, name)(**parameters)
                raise Killed
            return getattr(self._client, name)(**parameters)

        return request
