"""A group of keys in an app's definition."""

from typing import Any

from pydantic import BaseModel, ConfigDict, model_validator
from pydantic.fields import FieldInfo


def nothing_means_empty(value: Any) -> Any:
    return {} if value is None else value


class Section(BaseModel):
    """A group of keys. Nothing behind its name, as in `top_books:`, is a group that sets nothing."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, serialize_by_alias=True)

    @model_validator(mode="before")
    @classmethod
    def _nothing_means_empty(cls, value: Any) -> Any:
        return nothing_means_empty(value)

    @classmethod
    def known_keys(cls) -> dict[str, FieldInfo]:
        """The keys as they are written."""
        return {field.alias or name: field for name, field in cls.model_fields.items()}

    def at(self, key: str) -> Any:
        """The value of a key, as it is written; None if there is no such key."""
        return next(
            (getattr(self, name) for name, field in type(self).model_fields.items() if key == (field.alias or name)),
            None,
        )
