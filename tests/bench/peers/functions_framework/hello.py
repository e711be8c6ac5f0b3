"""What the framework runs, in its own process: the same as our app does in a sandbox."""


def hello(request):
    return {"hello": "world"}
