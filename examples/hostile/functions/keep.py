"""Lets the server keep what it was sent for a second."""

import time


def on_request(request, response):
    time.sleep(1)
    return len(request.data)
