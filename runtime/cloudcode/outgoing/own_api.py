"""The app's own API address, when user code calls it: answered inside the process, without a network."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from runtime.budget import Budget


@dataclass(frozen=True)
class OwnApiRequest:
    """A request as it would have arrived: `target` is path and query as sent, header names are lower-case.

    `base_path` is what stood before the target, where paths of the API begin with something else than its version.
    """

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes
    base_path: str = ""


@dataclass(frozen=True)
class OwnApiResponse:
    status: int
    headers: Mapping[str, str]
    body: bytes


OwnApi = Callable[[OwnApiRequest, Budget], OwnApiResponse]
"""Answers a request within a budget that is one level deeper than the caller's. Must end by its deadline."""
