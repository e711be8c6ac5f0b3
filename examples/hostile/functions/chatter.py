"""Logs as much as a call may, and calls itself to log some more."""

from cloud import functions


def on_request(request, response):
    for _ in range(100):
        print("bla " * 200)
    if request.data is None:
        for number in range(20):
            functions.call("chatter", number)
