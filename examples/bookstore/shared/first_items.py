"""What the store begins with, so that there is something to look at."""

from cloud import CloudError, data

AUTHORS = [
    {"Id": "okonedo", "Name": "Mira Okonedo", "Born": "1971-03-14"},
    {"Id": "lindqvist", "Name": "Tomas Lindqvist", "Born": "1958-11-02"},
    {"Id": "carvalho", "Name": "Ines Carvalho", "Born": "1983-06-27"},
    {"Id": "ranta", "Name": "Aulikki Ranta", "Born": "1949-01-30"},
    {"Id": "adeyemi", "Name": "Samuel Adeyemi", "Born": "1990-09-08"},
]

BOOKS = [
    {"Title": "The Salt Road", "Author": "okonedo", "Likes": 41, "Copies": 7},
    {"Title": "Winter of Glass", "Author": "lindqvist", "Likes": 38, "Copies": 3},
    {"Title": "A Map of Small Rivers", "Author": "carvalho", "Likes": 27, "Copies": 0},
    {"Title": "Bread & Thunder", "Author": "okonedo", "Likes": 19, "Copies": 12},
    {"Title": "The Last Lighthouse", "Author": "ranta", "Likes": 12, "Copies": 5},
    {"Title": "Notes to a Gardener", "Author": "adeyemi", "Likes": 8, "Copies": 2},
]

TAKEN = 107


def stock_up():
    """Create the first items if there are no books.

    Two calls may come at the same moment, and one may have ended half-way. So whatever is to be created may be there
    already: that is 107, and no error here. The books come last and all at once. As long as there are none, the next
    call goes on.
    """
    if data("Book").count():
        return
    for author in AUTHORS:
        add("Author", author)
    add("Book", BOOKS)


def add(type_name, items):
    try:
        data(type_name, master=True).create(items)
    except CloudError as error:
        if error.code != TAKEN:
            raise
