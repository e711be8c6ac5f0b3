"""The most liked books, as JSON. `?take=3` says how many; the default is 5."""

from cloud import CloudError
from shared.catalogue import most_liked


def on_request(request, response):
    take = wanted(request.query_string.get("take", "5"))
    # What is returned becomes the body of the answer.
    return [{"Title": book.title, "Author": book.author, "Likes": book.likes} for book in most_liked()[:take]]


def wanted(text):
    try:
        take = int(text)
    except ValueError:
        take = 0
    if take < 1:
        raise CloudError("take must be a whole number from 1.", code=4002, status=422)
    return take
