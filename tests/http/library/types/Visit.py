"""Answers and fails as the request's query string says."""

from cloud import CloudError, secrets


def before_read(request, context):
    match request.query_string.get("how"):
        case "told":
            request.answer(
                {
                    "headers": dict(request.headers),
                    "query_string": dict(request.query_string),
                    "custom_parameters": request.custom_parameters,
                    "is_sync": request.is_sync,
                    "item_id": request.item_id,
                    "filter": request.filter,
                    "sort": request.sort,
                    "fields": request.fields,
                    "skip": request.skip,
                    "take": request.take,
                    "action": request.action,
                    "specific_action": request.specific_action,
                    "principal": request.principal.type,
                    "api_url": request.api_url,
                }
            )
        case "answer":
            request.answer([1, 2], status=202, additional_data={"Extra": {"a": 1}, "Count": 7})
        case "203 for GET":
            request.answer(None, status=203 if request.action == "GET" else 500)
        case "nothing":
            request.answer(None, status=204)
        case "not modified":
            request.answer({"a": 1}, status=304)
        case "by hand":
            request.answer({"message": "Too early.", "errorCode": 42}, status=409)
        case "secret":
            request.answer({secrets["KEY"]: [f"key={secrets['KEY']}&", 1]}, additional_data={"More": secrets["KEY"]})
        case "large":
            request.answer("x" * 6_400_000)
        case "secret in an error":
            raise CloudError(f"{secrets['KEY']} is wrong.", code=4001, status=422)
        case "secret in an exception":
            raise ValueError(secrets["KEY"])
        case "cancel":
            request.cancel("The library is closed.")
        case "error":
            raise CloudError("No visits.")
        case "fail":
            raise ZeroDivisionError


def before_create(request, context):
    request.data["By"] = request.query_string.get("by", "nobody")


def after_create(request, response, context):
    match request.query_string.get("then"):
        case "status":
            response.status_code = 200
            response.additional_data = {"Welcome": "in"}
        case "fail":
            raise ZeroDivisionError
