"""What the other callers want: an answer that can be checked."""


def on_request(request, response):
    return int(request.query_string["a"]) + int(request.query_string["b"])
