"""Every item makes two more."""

from cloud import data


def after_create(request, response, context):
    for _ in range(2):
        data("Rabbit").create({"Generation": request.data["Generation"] + 1})
