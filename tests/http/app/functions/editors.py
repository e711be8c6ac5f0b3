def on_request(request, response):
    return "for editors"
