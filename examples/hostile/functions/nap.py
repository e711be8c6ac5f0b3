"""Holds a sandbox for as many seconds as it is told."""

import time


def on_request(request, response):
    time.sleep(request.data)
