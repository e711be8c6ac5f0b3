def on_request(request, response):
    return {"open": True}
