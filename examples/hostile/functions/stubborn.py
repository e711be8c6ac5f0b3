"""Calls itself three times, side by side, and takes no error for an answer. Tells how many of its calls ran."""

import asyncio

from cloud import functions


async def on_request(request, response):
    ran = await asyncio.gather(*(functions.call("stubborn") for _ in range(3)), return_exceptions=True)
    return 1 + sum(number for number in ran if isinstance(number, int))
