"""Calls itself three times, side by side."""

import asyncio

from cloud import functions


async def on_request(request, response):
    await asyncio.gather(*(functions.call("fork") for _ in range(3)))
