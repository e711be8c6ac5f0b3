"""How an outgoing HTTP call fails; the names are those of the exception classes that user code sees."""

from runtime.cloudcode.capability import CapabilityError


class HttpError(CapabilityError):
    """The call could not be made or got no usable answer. An answer with a status of 400 or more is not an error."""

    def __init__(self, message: str) -> None:
        super().__init__(type(self).__name__, message)


class HttpTimeout(HttpError):
    """The time limit of the call is over."""


class HttpBlocked(HttpError):
    """Relive refuses the address, whatever is there."""


def quoted(text: str) -> str:
    """Text from user code or from a peer as error messages show it: in quotes, printable and not too long."""
    return ascii(text if len(text) <= 100 else f"{text[:100]}...")
