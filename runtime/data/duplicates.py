"""Finds items that are in the way of an app's definition."""

from collections.abc import Iterator

from runtime.apps.app import App
from runtime.apps.folder import DEFINITION_FILE
from runtime.apps.problem import Problem
from runtime.data.content_type import ContentType
from runtime.store.documents import Documents


def duplicates_in(app: App, documents: Documents) -> Iterator[Problem]:
    """The fields that are to be unique and hold duplicates, one of each type. Changes nothing: the app may be refused.

    As long as one is there, operations on its type fail with 107.
    """
    for name in app.definition.types:
        if found := documents.duplicates(ContentType.of(app, name).collection):
            field, value = found
            key = f"types.{name}.fields.{field}.unique"
            yield Problem(DEFINITION_FILE, None, key, f"several items have {value!r} there already")
