"""The apps that this deployment serves."""

import threading
from collections.abc import Mapping

from runtime.apps.app import App
from runtime.errors import ReliveError


class Apps:
    """The one place where apps come in and are looked up. Safe to use from several threads.

    A lookup gives the app as a whole, so a request keeps the version that it started with.
    """

    def __init__(self) -> None:
        self._apps: Mapping[str, App] = {}
        self._lock = threading.Lock()

    def apply(self, app: App) -> None:
        """Serve this app from now on, in place of the one that had its id."""
        with self._lock:
            self._apps = {**self._apps, app.id: app}

    def get(self, app_id: str) -> App:
        """The app with that id, which is case-sensitive (protocol section 1). Raises ReliveError 600."""
        app = self._apps.get(app_id)
        if app is None:
            raise ReliveError(600, f"There is no app {app_id!r} here.")
        return app

    def all(self) -> list[App]:
        """Every app, in the order in which they first came."""
        return list(self._apps.values())
