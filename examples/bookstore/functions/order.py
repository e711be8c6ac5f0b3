"""Orders a book: POST `{"book": "the-salt-road", "copies": 2}`.

Shows the ways in which a call can end. What callers get wrong is a CloudError with a code and a status of our own;
an order that cannot be met is cancelled (910). To see what becomes of code that goes wrong by itself, send
`{"rehearse": "crash"}` for an uncaught exception (901), or `{"rehearse": "slow"}` for running out of time (902).
"""

import time

from cloud import CloudError, data, log
from shared.catalogue import book_named


def on_request(request, response):
    if request.action != "POST":
        raise CloudError("Send the order with POST.", code=4005, status=405)
    order = request.data if isinstance(request.data, dict) else {}
    rehearse(order.get("rehearse"))

    slug, copies = order.get("book"), order.get("copies", 1)
    if not isinstance(slug, str):
        raise CloudError("Say which book.", code=4004, status=422)
    book = book_named(slug)
    if type(copies) is not int or copies < 1:
        raise CloudError("copies must be a whole number from 1.", code=4001, status=422)
    if not reserve(book, copies):
        request.cancel(f"Not enough in stock: {book.get('Copies') or 0} left.")  # nothing below runs then

    log.info("ordered", book=slug, copies=copies)
    response.status_code = 201
    return {"Book": book["Title"], "Copies": copies}


def reserve(book, copies):
    """Check and change in one step, so that no two orders get the same copy. Callers may not do this themselves."""
    enough = {"Id": book["Id"], "Copies": {"$gte": copies}}
    return data("Book", master=True).update(enough, {"$inc": {"Copies": -copies, "Ordered": copies}})


def rehearse(ending):
    if ending == "crash":
        prices = {}
        prices["the-salt-road"]  # a KeyError that nothing catches
    if ending == "slow":
        time.sleep(120)
