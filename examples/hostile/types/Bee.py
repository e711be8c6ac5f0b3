"""A handler like any other. It is `swarm` that makes too much of it."""


def before_create(request, context):
    request.data["Number"] = int(request.data["Number"])
