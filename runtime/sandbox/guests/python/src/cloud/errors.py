"""Errors that user code raises on purpose."""


class CloudError(Exception):
    """Answer with an error of your own: `message`, any positive `code`, and an HTTP `status` from 400 to 599.

    Raises ValueError for a code or a status that cannot be sent.
    """

    message: str
    code: int
    status: int

    def __init__(self, message: object, code: int = 960, status: int = 400) -> None:
        if isinstance(code, bool) or not isinstance(code, int) or code < 1:
            raise ValueError(f"The code of a CloudError is a positive number, not {code!r}.")
        if isinstance(status, bool) or not isinstance(status, int) or not 400 <= status <= 599:
            raise ValueError(f"The status of a CloudError is a number from 400 to 599, not {status!r}.")
        self.message = str(message)
        self.code = code
        self.status = status
        super().__init__(self.message)
