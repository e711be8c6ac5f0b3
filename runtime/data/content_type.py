"""A content type as operations see it."""

from dataclasses import dataclass

from runtime.apps.app import App
from runtime.apps.definition import TypeDefinition
from runtime.errors import ReliveError
from runtime.store.documents import Collection

ALWAYS_INDEXED = ("CreatedAt", "ModifiedAt")
NEVER_INDEXED = ("object", "geopoint")
"""Types of fields whose values nobody compares as a whole."""


@dataclass(frozen=True)
class ContentType:
    name: str
    definition: TypeDefinition
    collection: Collection

    @classmethod
    def of(cls, app: App, name: str) -> "ContentType":
        """Raises ReliveError 611. Names are case-sensitive (protocol section 1)."""
        definition = app.definition.types.get(name)
        if definition is None:
            alike = [known for known in app.definition.types if known.lower() == name.lower()]
            advice = f" Did you mean {alike[0]!r}?" if alike else ""
            raise ReliveError(611, f"The app {app.id} has no content type {name!r}.{advice}")
        fields = definition.fields.items()
        unique = tuple(field for field, declared in fields if declared.unique)
        indexed = tuple(field for field, declared in fields if declared.type not in NEVER_INDEXED)
        collection = Collection(app.id, name, unique, (*indexed, *ALWAYS_INDEXED), definition.shards)
        return cls(name, definition, collection)
