from cloud import CloudError


def on_request(request, response, done):
    match request.query_string.get("how"):
        case "value":
            response.body = request.data
            done()
        case "nothing":
            done()
        case "crash":
            raise ValueError("a crash")
        case "error":
            raise CloudError("No such shelf.")
        case "own code":
            raise CloudError("The shelf is full.", code=4001, status=409)
        case "cancel":
            request.cancel("Not today.")
        case "never":
            pass
