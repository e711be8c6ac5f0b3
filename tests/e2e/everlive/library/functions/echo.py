def on_request(request, response):
    response.status_code = int(request.query_string.get("status", 200))
    return {
        "action": request.action,
        "data": request.data,
        "query": {name: value for name, value in request.query_string.items() if name != "_el"},
        "custom": request.custom_parameters,
        "caller": request.principal.type,
    }
