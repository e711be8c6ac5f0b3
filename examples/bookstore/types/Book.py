"""What happens around operations on books. Handlers are found by their names."""

import re

from cloud import CloudError, data


def before_create_item(request, context):
    """Called for every book that is added, one by one, also when they come as a list."""
    book = request.data
    book["Slug"] = book.get("Slug") or slug_of(book["Title"])
    if request.principal.type != "masterKey":
        book["Likes"] = book["Ordered"] = 0  # not for those to say who add the book
    check_author(book)


def before_update(request, context):
    if "Author" in request.data.get("$rename", {}).values():
        raise CloudError("Name the author with $set.", code=4001, status=422)
    check_author(request.data.get("$set", request.data))


def before_delete(request, context):
    """Keeps books that somebody has ordered. `originals` are those that are about to be deleted."""
    ordered = [book["Title"] for book in request.originals if book.get("Ordered")]
    if ordered:
        request.cancel(f"Somebody waits for {', '.join(ordered)}.")  # 910, and nothing is deleted
    # An order may come in right now. A condition in the filter is looked at when the book is deleted.
    request.filter = {"$and": [request.filter or {}, {"Ordered": {"$not": {"$gt": 0}}}]}


def after_read(request, response, context):
    """Adds a field that is not stored. Counts and single fields come by as well: they are no books."""
    found = response.result if isinstance(response.result, list) else [response.result]
    for book in found:
        if isinstance(book, dict) and "Copies" in book:
            book["SoldOut"] = not book["Copies"]


def slug_of(title):
    return re.sub(r"\W+", "-", title.lower().replace("&", "and")).strip("-")


def check_author(book):
    if "Author" in book and not data("Author").get(book["Author"]):
        raise CloudError(f"There is no author {book['Author']!r}.", code=4001, status=422)
