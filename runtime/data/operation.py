"""One operation under way: what all kinds of it work with."""

from collections.abc import Generator
from dataclasses import dataclass, replace

from runtime.data.affected import Affected
from runtime.data.content_type import ContentType
from runtime.data.policy import Scope
from runtime.data.request import DataRequest
from runtime.data.selection import Selection
from runtime.deadline import Deadline
from runtime.errors import ReliveError
from runtime.held import Hold
from runtime.query.invalid import shown
from runtime.store.documents import Document, Documents, DuplicatesExistError, DuplicateValueError


class ItemMissingError(ReliveError):
    """801 for the very item that the request names; a handler may fail with an 801 of another one."""


@dataclass(frozen=True)
class Operation:
    """`answer_bytes` is how large the items of an answer may be together; `affected` is told what is changed.

    What items take in memory is added to `hold`.
    """

    request: DataRequest
    content_type: ContentType
    scope: Scope
    deadline: Deadline
    documents: Documents
    answer_bytes: int
    affected: Affected
    hold: Hold

    def on(self, request: DataRequest) -> "Operation":
        return replace(self, request=request)

    @property
    def overrides_system_fields(self) -> bool:
        """Whether the body sets CreatedAt and the like (protocol section 3.8); the header alone does not do."""
        return self.request.override_system_fields and self.request.principal.is_master

    def selection(self) -> Selection:
        """What the request selects, or of that what user code was told. Raises ReliveError 608 and 601."""
        selection = Selection.of(self.request, self.content_type, self.scope)
        ids = self.affected.told_ids(self.request)
        return selection if ids is None else selection.within(ids)

    def find(self, selection: Selection) -> Generator[Document, None, None]:
        """The documents of a selection. Close the iterator when done with it early."""
        if selection.item_id is None:
            yield from self.documents.find(self.content_type.collection, selection.query, self.deadline)
        elif (document := self.get(selection.item_id, selection)) is not None:
            yield document

    def get(self, item_id: str, selection: Selection) -> Document | None:
        """The document with that id, as it is now, if the selection has it."""
        document = self.documents.get(self.content_type.collection, item_id, self.deadline)
        return document if document and selection.query.filter.matches(document.value) else None

    def missing(self) -> "ItemMissingError":
        return ItemMissingError(801, f"There is no item {shown(self.request.item_id)} in {self.content_type.name}.")

    def duplicate(self, error: DuplicateValueError) -> ReliveError:
        name = self.content_type.name
        if isinstance(error, DuplicatesExistError):  # protocol section 9.2
            return ReliveError(107, f'Duplicate values already exist for field {error.field} of content type "{name}".')
        return ReliveError(107, f"{name}.{error.field}: {shown(error.value)} is taken already.")


def about_item(error: ReliveError, name: str) -> ReliveError:
    """The error of one item among several, which says which one it is: "Item 2", "Item 'a-b-c'"."""
    sentence, _, specifics = error.message.partition(". ")
    return error.retold(lambda _: f"{sentence}. {name}: {specifics}", error.details) if specifics else error
