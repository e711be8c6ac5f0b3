"""The books of the store, and what the functions ask about them."""

from dataclasses import dataclass

from cloud import CloudError


@dataclass(frozen=True)
class Book:
    slug: str
    title: str
    author: str
    likes: int
    copies: int  # in stock


BOOKS = [
    Book("the-salt-road", "The Salt Road", "Mira Okonedo", likes=41, copies=7),
    Book("winter-of-glass", "Winter of Glass", "Tomas Lindqvist", likes=38, copies=3),
    Book("a-map-of-small-rivers", "A Map of Small Rivers", "Ines Carvalho", likes=27, copies=0),
    Book("bread-and-thunder", "Bread & Thunder", "Mira Okonedo", likes=19, copies=12),
    Book("the-last-lighthouse", "The Last Lighthouse", "Aulikki Ranta", likes=12, copies=5),
    Book("notes-to-a-gardener", "Notes to a Gardener", "Samuel Adeyemi", likes=8, copies=2),
]


def most_liked() -> list[Book]:
    return sorted(BOOKS, key=lambda book: book.likes, reverse=True)


def book_named(slug: str) -> Book:
    for book in BOOKS:
        if book.slug == slug:
            return book
    raise CloudError(f"There is no book named {slug}.", code=4041, status=404)
