"""What cloud code can use of its surroundings."""

from cloud import functions, http, log
from cloud.data import ContentType, data
from cloud.errors import CloudError
from cloud.secrets import Secrets, secrets
from relive_guest.data_request import DataRequest
from relive_guest.data_response import DataResponse
from relive_guest.done import Done
from relive_guest.environment import time_left
from relive_guest.headers import Headers
from relive_guest.requests import Principal, Request, Response

__all__ = [
    "CloudError",
    "ContentType",
    "DataRequest",
    "DataResponse",
    "Done",
    "Headers",
    "Principal",
    "Request",
    "Response",
    "Secrets",
    "data",
    "functions",
    "http",
    "log",
    "secrets",
    "time_left",
]
