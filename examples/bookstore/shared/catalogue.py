"""What the functions ask about books."""

from cloud import CloudError, data
from shared.first_items import stock_up


def books_with_authors(**query):
    """Books as `find` gives them, with the name of the author in the place of the Id."""
    stock_up()
    books = data("Book").find(**query)
    authors = data("Author").find({"Id": {"$in": [book["Author"] for book in books]}})
    names = {author["Id"]: author["Name"] for author in authors}
    return [{**book, "Author": names.get(book["Author"], "unknown")} for book in books]


def book_named(slug):
    stock_up()
    book = data("Book").first({"Slug": slug})
    if book is None:
        raise CloudError(f"There is no book named {slug}.", code=4041, status=404)
    return book
