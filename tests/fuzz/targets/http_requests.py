"""Requests for items, as text: paths, query strings, headers, filters, updates and bodies. See `read_request`."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.function_url import make_event
from tests.fuzz.answers import check_answer, of_anyone
from tests.fuzz.complaints import complaints
from tests.fuzz.library import is_for_function, library
from tests.fuzz.mutating.text import text_mutator
from tests.fuzz.target import Attempt, Target

OF_USER_CODE: Mapping[int, int] = {42: 409, 4001: 422}
"""What `types/Visit.py` of the tests of HTTP makes up."""

TOKENS = (
    "GET", "POST", "PUT", "DELETE", "HEAD", "/v1/library/Book", "/v1/library/Book/b1", "/v1/library/Book/_count", "?", "&",
    "/v1/library/Book/_aggregate", "/v1/library/Author", "/v1/library/Visit?how=told", "/v1/library/Ledger", "filter=", "sort=",
    "fields=", "skip=", "take=", "aggregate=", "includeCount=", "singleField=", "customParameters=", "expand=", "access_token=",
    "X-Everlive-Filter: ", "X-Everlive-Sort: ", "X-Everlive-Fields: ", "X-Everlive-Aggregate: ", "X-Everlive-Take: ",
    "X-Everlive-Skip: ", "X-Everlive-Single-Field: ", "X-Everlive-Include-Count: ", "X-Everlive-Custom-Parameters: ",
    "X-Everlive-Override-System-Fields: ", "X-Everlive-Sync: ", "X-Everlive-Expand: ", "X-Everlive-Power-Fields: ",
    "Authorization: MasterKey front-master-key", "Content-Type: application/json", "Content-Encoding: gzip", "undefined",
    "%7B%22", "%22%7D", "%25", "$eq", "$ne", "$gt", "$gte", "$lt", "$lte", "$in", "$nin", "$and", "$or", "$nor", "$not",
    "$exists", "$type", "$mod", "$regex", "$options", "$where", "$all", "$elemMatch", "$size", "$set", "$unset", "$inc", "$mul",
    "$min", "$max", "$rename", "$push", "$each", "$position", "$slice", "$sort", "$pull", "$pullAll", "$pop", "$addToSet",
    "$currentDate", "$bit", "$near", "$nearSphere", "$maxDistance", "$geoWithin", "GroupBy", "Aggregate", "count", "sum", "avg",
    "Id", "_id", "Title", "Isbn", "Pages", "Tags", "Tags.0", "Lines.No", "Rating.Stars", "Published", "Author", "Editors",
    "Shop", "Cover", "InPrint", "Owner", "CreatedBy", "CreatedAt", "ModifiedAt", "_ACL", "Meta", "2016-02-03T04:05:01.789Z",
    "0001-01-01", "9999-12-31T23:59:59.999Z", "(a+)+$", "[", "(?i)", "\\d", "^", "9" * 40, "1e400", "-1", "1.5", "0x1", "null",
)  # fmt: skip


def read_request(data: bytes) -> dict[str, Any]:
    """The event for `METHOD path?query`, lines with headers, an empty line, and the body."""
    head, _, body = data.decode("utf-8", "replace").partition("\n\n")
    first, *lines = head.split("\n")
    method, _, target = first.partition(" ")
    headers = {name.strip(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    return make_event(method, target, headers, body or None)


@contextmanager
def opened(folder: Path) -> Iterator[Attempt]:
    with library(folder) as served, complaints() as complained:

        def attempt(data: bytes) -> None:
            event = read_request(data)
            answer = served.handle(event)
            complained.check()
            runs_functions = is_for_function(event)
            check_answer(answer, of_anyone if runs_functions else _of_the_library, by_user_code=runs_functions)
            writes = event["requestContext"]["http"]["method"] not in ("GET", "HEAD", "OPTIONS")
            if writes and answer["statusCode"] in (200, 201):
                served.tidy()

        yield attempt


def _of_the_library(code: int, status: int) -> bool:
    return OF_USER_CODE.get(code) == status


TARGET = Target("http-requests", opened, text_mutator(TOKENS), TOKENS, share=3)
