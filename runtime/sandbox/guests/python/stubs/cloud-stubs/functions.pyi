"""Calls other functions of the app."""

from typing import Any

def call(name: str, data: Any = None, *, master: bool = False) -> Any:
    """Call the function `name` with `data` as its body; answers what it answered.

    It runs as the caller of this request, or with the rights of the master key. In an `async def`, await the answer;
    calls that are awaited together, as with asyncio.gather, run side by side.

    Raises CloudError with the code and status that the function ended with.
    """
