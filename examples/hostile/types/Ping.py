"""Has the function `pong` make the next one."""

from cloud import functions


def after_create(request, response, context):
    functions.call("pong", {"Round": request.data["Round"] + 1})
