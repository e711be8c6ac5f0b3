"""Ends as it is told to."""

from cloud import CloudError


def on_request(request, response):
    how = request.query_string.get("how")
    if how == "cancel":
        request.cancel()
    if how == "custom":
        raise CloudError("Too many books.", code=4001, status=422)
    return 1 / 0
