"""Answers what it was asked."""


def on_request(request, response):
    data = request.data
    response.headers["X-Action"] = request.action
    return {
        "action": request.action,
        "type": type(data).__name__,
        "data": list(data) if isinstance(data, bytes) else data,
        "query_string": dict(request.query_string),
        "headers": dict(request.headers),
        "principal": request.principal.type,
        "custom_parameters": request.custom_parameters,
        "api_url": request.api_url,
    }
