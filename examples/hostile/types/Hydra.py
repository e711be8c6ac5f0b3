"""Every item makes two more, whatever becomes of them."""

from contextlib import suppress

from cloud import CloudError, data


def after_create(request, response, context):
    for _ in range(2):
        with suppress(CloudError):
            data("Hydra").create({"Generation": request.data["Generation"] + 1})
