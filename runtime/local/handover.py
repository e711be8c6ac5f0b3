"""Connections of clients on their way from the process that accepts them to the one that serves them.

Each travels as a descriptor (unix(7), SCM_RIGHTS), with one byte. One byte comes back for each that has closed, so that
whoever accepts knows how many are open where.
"""

import contextlib
import socket

NOTE = b"\0"
MOST_NOTES = 4096


class Outlet:
    """The end of the process that accepts. `open` is how many connections the other one has, as far as is known."""

    def __init__(self, channel: socket.socket) -> None:
        self._channel = channel
        self._channel.setblocking(False)
        self.open = 0

    def give(self, connection: socket.socket) -> bool:
        """Hand a connection over; it may be closed here then. False if the other process takes none now."""
        try:
            socket.send_fds(self._channel, [NOTE], [connection.fileno()])
        except OSError:  # it has gone, or has not taken the last ones yet
            return False
        self.open += 1
        return True

    def count(self) -> None:
        """Take notice of connections that have closed."""
        with contextlib.suppress(OSError):
            while closed := len(self._channel.recv(MOST_NOTES)):
                self.open -= closed

    def close(self) -> None:
        self._channel.close()


class Inlet:
    """The end of the process that serves, under the address that clients know."""

    def __init__(self, channel: socket.socket, address: str) -> None:
        self.channel = channel
        self.channel.setblocking(False)
        self.address = address
        self._unnoted = 0

    def receive(self) -> socket.socket | None:
        """The next connection. Raises BlockingIOError when none is there, EOFError when none will come."""
        note, descriptors, _, _ = socket.recv_fds(self.channel, 1, 1)
        if not note:
            raise EOFError
        if not descriptors:  # lost on the way, because this process has no descriptors left
            self.note_closed()
            return None
        return socket.socket(fileno=descriptors[0])

    def note_closed(self) -> None:
        """Tell that a connection has closed; later, together with the next one, if that is not possible now."""
        self._unnoted += 1
        with contextlib.suppress(OSError):
            self._unnoted -= self.channel.send(NOTE * min(self._unnoted, MOST_NOTES))

    def close(self) -> None:
        """Take no more. What was handed over and not received is closed."""
        self.channel.close()
