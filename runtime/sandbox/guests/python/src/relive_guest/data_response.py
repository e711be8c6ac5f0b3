"""The `response` that the handlers after a data operation are called with."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from cloud.errors import CloudError


class DataResponse:
    """What an operation ended in, and what is answered: `result`, `status_code` (200 to 599) and `additional_data`.

    `result` is the item or the items read, `{"Id", "CreatedAt"}` or a list of them after a create, a number after an
    update, a delete and a count, and a list of dicts after an aggregation. `additional_data` is a dict that stands
    beside it.
    """

    # No other attributes: a misspelt one would be lost without a word.
    __slots__ = ("_error", "additional_data", "result", "status_code")

    result: Any
    status_code: int
    additional_data: dict[str, Any]

    def __init__(self, values: dict[str, Any], error: CloudError | None) -> None:
        self.result = values["result"]
        self.status_code = values["status_code"]
        self.additional_data = values["additional_data"]
        self._error = error

    @property
    def success(self) -> bool:
        """Whether the operation succeeded."""
        return self._error is None

    @property
    def error(self) -> CloudError | None:
        """What the operation failed with, or None."""
        return self._error

    def __repr__(self) -> str:
        return f"<DataResponse {self.status_code}>"
