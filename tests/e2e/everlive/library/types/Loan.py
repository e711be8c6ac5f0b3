from cloud import CloudError


def before_create(request, context, done):
    match request.data.get("Book"):
        case "crash":
            request.missing()
        case "error":
            raise CloudError("No such book.")
        case "own code":
            raise CloudError("Somebody has it already.", code=4001, status=409)
        case "cancel":
            request.cancel("Bring back the other one first.")
        case "never":
            return
    request.data["Weeks"] = request.data.get("Weeks", 4)
    request.data["Seen"] = {
        "custom": request.custom_parameters,
        "caller": request.principal.type,
        "sync": request.is_sync,
    }
    done()


def before_read(request, context):
    if request.filter == {"Book": "closed"}:
        request.answer([{"Id": "none", "Opens": "2030-01-01T08:00:00.000Z"}], additional_data={"Closed": True})


def after_read(request, response, context):
    if request.item_id:
        response.result["Overdue"] = False


def after_update(request, response, context):
    raise CloudError("The card is not to be found.", code=4002)


def before_delete(request, context):
    request.cancel()
