"""The shelf as an HTML page."""

from html import escape

from shared.catalogue import books_with_authors

PAGE = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>Bookstore</title>
<h1>On the shelf</h1>
<ul>
{items}
</ul>
</html>
"""


def on_request(request, response):
    response.headers["Content-Type"] = "text/html; charset=utf-8"
    books = books_with_authors(sort={"Title": 1}, take=100)
    return PAGE.format(items="\n".join(item(book) for book in books))


def item(book):
    stock = "sold out" if book.get("SoldOut", True) else f"{book['Copies']} in stock"
    # Never put text into HTML without escape(): "Bread & Thunder" is harmless, other titles may not be.
    return f"<li><b>{escape(book['Title'])}</b> by {escape(book['Author'])} ({stock})</li>"
