"""The errors that end a command, in words."""

from runtime.errors import CATALOGUE, ReliveError


class CommandError(Exception):
    """A command cannot do what it was asked; the message is for the person at the terminal."""


def sentence_for(error: Exception) -> str | None:
    """What to tell the person at the terminal; None for an error that nobody expected."""
    if isinstance(error, CommandError):
        return str(error)
    if isinstance(error, ReliveError):
        return error.message.removeprefix(CATALOGUE[error.code].message).strip() or error.message

    # Imported here: `relive --help` needs none of it.
    from runtime.http.master_key_vault import MasterKeyError
    from runtime.local.listener import CannotListenError
    from runtime.local.processes import CannotServeError
    from runtime.sandbox.architecture import ForeignGuest
    from runtime.sandbox.build import BuildFailed
    from runtime.sandbox.processes import SandboxUnavailable
    from runtime.store.port import StoreError

    known = (
        MasterKeyError,
        CannotListenError,
        CannotServeError,
        ForeignGuest,
        BuildFailed,
        SandboxUnavailable,
        StoreError,
    )
    return str(error) if isinstance(error, known) else None
