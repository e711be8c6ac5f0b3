"""The shelf as an HTML page."""

from html import escape

from shared.catalogue import BOOKS

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
    return PAGE.format(items="\n".join(item(book) for book in BOOKS))


def item(book):
    stock = f"{book.copies} in stock" if book.copies else "sold out"
    # Never put text into HTML without escape(): "Bread & Thunder" is harmless, other titles may not be.
    return f"<li><b>{escape(book.title)}</b> by {escape(book.author)} ({stock})</li>"
