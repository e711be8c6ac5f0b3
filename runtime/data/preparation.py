"""Gets the store ready for an app that is to be served."""

import logging
from contextlib import suppress

from runtime.apps.app import App
from runtime.data.content_type import ContentType
from runtime.store.documents import Documents, DuplicatesExistError, ShardsChangedError
from runtime.store.port import StoreUnavailableError

logger = logging.getLogger(__name__)


def prepare(app: App, documents: Documents) -> None:
    """Have indexes made that the app's types need, and others dropped, so that no request has to wait for that.

    What fails is left to the operations, which then tell what is in the way: see `duplicates_in`.
    """
    for name in app.definition.types:
        with suppress(DuplicatesExistError):
            try:
                documents.prepare(ContentType.of(app, name).collection)
            except ShardsChangedError as error:
                logger.error("types.%s.shards: %s", name, error)
            except StoreUnavailableError:
                logger.exception("The store cannot be prepared for %s; that is left to the operations on items", app.id)
                return
