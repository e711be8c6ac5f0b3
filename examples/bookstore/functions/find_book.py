"""Looks a title up in Open Library, a public catalogue: `?title=moby+dick`.

The app may call that host because `relive.yaml` lists it under `http.allow`.
"""

from cloud import CloudError, http, log

SEARCH = "https://openlibrary.org/search.json"


async def on_request(request, response):
    title = request.query_string.get("title", "").strip()
    if not title:
        raise CloudError("Say which title to find: ?title=...", code=4003, status=422)

    return [
        {"Title": book.get("title"), "Authors": book.get("author_name", []), "Year": book.get("first_publish_year")}
        for book in await search(title)
    ]


async def search(title):
    try:
        answer = await http.get(SEARCH, params={"title": title, "limit": 5}, timeout=10)
    except http.HttpError as error:
        log.warning("no answer from Open Library", error=str(error))
        raise CloudError("Open Library does not answer.", code=5021, status=502) from error
    if not answer.ok:
        raise CloudError(f"Open Library answers {answer.status}.", code=5022, status=502)
    return answer.json().get("docs", [])
