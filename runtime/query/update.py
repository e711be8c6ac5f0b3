"""An update of a document: the body of a PUT (protocol section 3.4)."""

from dataclasses import dataclass
from typing import Any

from runtime.query.change import Change
from runtime.query.interruption import watched
from runtime.query.invalid import answered_with
from runtime.query.location import copied
from runtime.query.path import Path
from runtime.query.update_syntax import parse_update


@dataclass(frozen=True)
class Update:
    """Changes whose paths do not touch each other, so that their order does not matter."""

    changes: tuple[Change, ...]

    @classmethod
    def parse(cls, value: Any) -> "Update":
        """Read an update from JSON: fields to set, or an object of MongoDB's update operators.

        Raises ReliveError 601 with the place and the problem: `$inc.Likes: must be a number, not a text.`
        """
        with answered_with(601):
            return cls(parse_update(value))

    @property
    def paths(self) -> tuple[Path, ...]:
        """Every place that is written."""
        return tuple(path for change in self.changes for path in change.paths)

    def apply(self, document: dict[str, Any]) -> dict[str, Any]:
        """The document as it is afterwards. `document` stays as it is, and the two share nothing.

        Raises ReliveError 601 where the document has something that the update cannot work on; it names the field
        and its value.
        """
        changed: dict[str, Any] = copied(document)
        with answered_with(601):
            for change in watched(self.changes):
                change.make(changed)
        return changed
