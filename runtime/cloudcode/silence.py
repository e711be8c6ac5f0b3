"""The host of what runs without user code."""


class Silence:
    """Answers nothing and writes nothing."""

    def call(self, _capability: str, _arguments: str) -> None:
        return None

    def log(self, _line: str) -> None:
        return None
