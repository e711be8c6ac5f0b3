"""Makes a thousand items one by one, each of which has a handler."""

from cloud import data


def on_request(request, response):
    for number in range(1000):
        data("Bee").create({"Number": number})
