"""What a cold start begins with and ends with, so that it is short.

Handlers begin it before they import anything else. So this imports little, and reads the two settings that it needs
from the environment itself, since settings.py needs more.
"""

import gc
import os
from pathlib import Path

from runtime.sandbox.architecture import compiled_guest
from runtime.sandbox.processes import ForkServer
from runtime.sandbox.sandbox import Limits


def begin() -> ForkServer | None:
    """Launch the fork server, which then gets ready while modules are imported; see `launch_fork_server`.

    Until `end`, what only costs time is left out. Nearly all objects that are made now stay, so that it is in vain to
    look for garbage among them; pydantic would look for plugins of its own in the metadata of all packages.
    """
    gc.disable()
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
    return launch_fork_server()


def end() -> None:
    """From now on there may be garbage, but none in all that is there by now."""
    gc.freeze()
    gc.enable()


def launch_fork_server() -> ForkServer | None:
    """A fork server that is starting; None when the environment does not plainly say what it needs.

    Then, and if the settings turn out to be others, the application starts one itself.
    """
    guests, memory_mb = os.environ.get("RELIVE_GUESTS"), os.environ.get("RELIVE_MEMORY_MB", str(Limits.memory_mb))
    if not guests or not memory_mb.isdecimal():
        return None
    fork_server = ForkServer(compiled_guest(Path(guests)), int(memory_mb))
    fork_server.launch()
    return fork_server
