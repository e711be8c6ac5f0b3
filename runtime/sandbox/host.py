"""What the sandbox asks of those who use it."""

from typing import Protocol


class Host(Protocol):
    """The other side of the world's imports, for one call."""

    def call(self, capability: str, arguments: str) -> str | None:
        """Do what the guest asks and answer with a reply; None for no reply, when the deadline is what ends the call.

        Runs in a thread of its own; must not raise.
        """
        ...

    def log(self, line: str) -> None:
        """Take a line of the guest's log. Must not raise, nor take long."""
        ...
