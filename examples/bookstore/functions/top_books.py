"""The most liked books, as JSON. `?take=3` says how many, up to 100; the default is 5."""

from cloud import CloudError
from shared.catalogue import books_with_authors


def on_request(request, response):
    take = wanted(request.query_string.get("take", "5"))
    # What is returned becomes the body of the answer.
    return books_with_authors(sort={"Likes": -1}, take=take, fields={"Title": 1, "Author": 1, "Likes": 1, "Id": 0})


def wanted(text):
    try:
        take = int(text)
    except ValueError:
        take = 0
    if take < 1:
        raise CloudError("take must be a whole number from 1.", code=4002, status=422)
    return min(take, 100)
