"""What happens around operations on authors."""

from cloud import data


def before_delete(request, context):
    """Looks ahead. Once an author is deleted, it is too late to find out that a book has to stay."""
    ordered = {"Author": {"$in": request.affected_ids}, "Ordered": {"$gt": 0}}
    if data("Book").count(ordered):
        request.cancel("Somebody waits for a book of this author.")


def after_delete(request, response, context):
    """Deletes the books, too. They have handlers of their own, which run as they always do."""
    books = data("Book", master=True).delete({"Author": {"$in": request.affected_ids}})
    response.additional_data["Books"] = books
