"""Makes the item whose handler calls this."""

from cloud import data


def on_request(request, response):
    return data("Ping").create(request.data)
