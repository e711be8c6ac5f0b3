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
    """Create the first items, unless there are authors already: then somebody has done it.

    Two calls may come at the same moment and both try. A list of items is created whole or not at all, and Ids and
    slugs are unique: one of the two gets 107, and has nothing left to do.
    """
    if data("Author").count():
        return
    for name, items in (("Author", AUTHORS), ("Book", BOOKS)):
        try:
            data(name, master=True).create(items)
        except CloudError as error:
            if error.code != TAKEN:
                raise
