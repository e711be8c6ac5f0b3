"""Answers what it is told to: {"body", "bytes", "headers", "status"}."""


def on_request(request, response):
    told = request.data
    response.headers.update(told.get("headers", {}))
    response.status_code = told.get("status", 200)
    return bytes(told["bytes"]) if "bytes" in told else told.get("body")
