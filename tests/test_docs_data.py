"""Keeps the pages about data true: what they show is run in their order, and what they list is complete."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from runtime.apps.app import App
from runtime.apps.definition import AppDefinition
from runtime.data import limits
from runtime.http import parameters
from runtime.http.body import BODY_BYTES
from runtime.settings import MEGABYTE, Settings
from tests.cloudcode.calling import app_of as app_of_files
from tests.cloudcode.calling import call
from tests.conftest import MASTER_KEY, ROOT, MakeApplication
from tests.curl import Curl
from tests.documents import Block, Document
from tests.page_apps import API, BOOKSTORE, app_of

README, DATA, EVENTS = (Document.read(ROOT / path) for path in ("README.md", "docs/data.md", "docs/data-events.md"))


@pytest.mark.parametrize("page", [README, DATA, EVENTS], ids=lambda page: page.path.stem)
def test_a_page_shows_the_answers(make_application: MakeApplication, page: Document) -> None:
    """From the first command to the last, on one bookstore, as a reader goes through them."""
    application = make_application(app_of(page))
    assert application.check(app_of(page)) == []
    wrong = {}
    for example in page.examples({"API": API, "KEY": MASTER_KEY}):
        if example.words[0] == "curl":
            curl = Curl.parse(example.words)
            if differences := curl.differences(example.shown, curl.send(application)):
                wrong[f"line {example.line}"] = differences
    assert wrong == {}


def test_the_app_that_the_readme_opens_with(make_application: MakeApplication) -> None:
    definition = yaml.safe_load(next(block.text for block in README.blocks if block.language == "yaml"))
    names = ("types/Review.py", "functions/best.py")
    app = App(AppDefinition.model_validate(definition), {name: README.code_files[name] for name in names})
    application = make_application(app)
    base = f"http://127.0.0.1:8240/v1/{app.id}"
    sent = Curl(f"{base}/Review", "POST", {"content-type": "application/json"}, '[{"Stars": 2}, {"Stars": 9}]')
    assert sent.send(application).status == 201
    assert [review["Stars"] for review in Curl(f"{base}/Functions/best", "GET").send(application).json] == [5]


# What they quote


def excerpts() -> list[Block]:
    return [block for block in EVENTS.blocks if block.text.startswith("# examples/")]


@pytest.mark.parametrize("block", excerpts(), ids=lambda block: str(block.line))
def test_code_of_the_bookstore_is_quoted_as_it_is(block: Block) -> None:
    first, _, code = block.text.partition("\n")
    assert code in (ROOT / first.removeprefix("# ")).read_text()


def test_every_handler_of_the_bookstore_is_quoted() -> None:
    handlers = re.compile(r"^def ((?:before|after)_\w+)", re.MULTILINE)
    written = [name for path in (BOOKSTORE / "types").glob("*.py") for name in handlers.findall(path.read_text())]
    assert sorted(written) == sorted(name for block in excerpts() for name in handlers.findall(block.text))


def test_types_of_the_bookstore_are_quoted_as_they_are() -> None:
    declared = yaml.safe_load((BOOKSTORE / "relive.yaml").read_text())["types"]
    quoted = [
        (name, shown)
        for page in (DATA, EVENTS)
        for block in page.blocks
        if block.language == "yaml"
        for name, shown in yaml.safe_load(block.text)["types"].items()
        if name in declared
    ]
    assert len(quoted) == 3
    assert [(name, shown) for name, shown in quoted if not includes(declared[name], shown)] == []


def includes(whole: Any, part: Any) -> bool:
    if isinstance(whole, dict) and isinstance(part, dict):
        return all(name in whole and includes(whole[name], inner) for name, inner in part.items())
    return bool(whole == part)


# What they list


def section(page: Document, heading: str) -> Document:
    text = re.split(r"^##+ ", page.text.split(f"## {heading}\n")[1], maxsplit=1, flags=re.MULTILINE)[0]
    return Document(page.path, text)


def first_cells(page: Document, heading: str) -> Iterator[str]:
    """The names between backticks in the first column of the tables in a section, but for that of a column."""
    for row in section(page, heading).rows:
        yield from re.findall(r"`([a-z_]+)(?!\.)\b[^`.]*`", row[0])


def test_the_limits() -> None:
    listed = {row[0]: row[1] for row in section(DATA, "Limits").rows if row[0].strip("- ")}
    item = f"{limits.ITEM_BYTES // 1024} KB"
    together = f"{limits.CREATE_BYTES / MEGABYTE:.1f} MB"
    assert listed == {
        "size of an item": item,
        "objects and arrays inside each other, with the item itself": str(limits.NESTING),
        "digits of a number": str(limits.NUMBER_DIGITS),
        "magnitude of a number other than 0": (
            f"from {limits.LEAST_NUMBER:g} to below 1e{len(str(limits.NUMBER_BOUND)) - 1}"
        ),
        "bytes in the name of a field": str(limits.NAME_BYTES),
        "bytes in an `Id`": str(limits.ID_BYTES),
        "bytes of a value in a unique field": str(limits.UNIQUE_BYTES),
        "items in one create": str(limits.CREATE_LIMIT),
        "size of these items together": together,
        "body of a request, and of an answer": f"{BODY_BYTES // MEGABYTE} MB",
    }
    assert Settings().result_mb == BODY_BYTES // MEGABYTE
    in_the_readme = {row[0]: row[1] for row in README.rows if len(row) == 2}
    assert in_the_readme["an item"] == f"{item}, {limits.NESTING} levels of objects and arrays"
    assert in_the_readme["one create"] == f"{limits.CREATE_LIMIT} items, {together}"


def test_the_parameters() -> None:
    read = set(re.findall(r'"(X-Everlive-[\w-]+)", "(\w+)"', Path(parameters.__file__).read_text()))
    rows = section(DATA, "Headers and query parameters").rows
    assert {(row[0].strip("`"), row[1].strip("`")) for row in rows if row[0].startswith("`X-")} == read


TELL = """
from cloud import ContentType, DataRequest, DataResponse
from relive_guest.data_events import EVENTS, ITEM_FORMS

def on_request(request, response):
    def public(kind):
        return [name for name in dir(kind) if not name.startswith("_")]

    return {
        "The events": [*EVENTS, *ITEM_FORMS.values()],
        "The request": public(DataRequest),
        "The response": public(DataResponse),
        "Items from code": [name for name in public(ContentType) if callable(getattr(ContentType, name))],
    }
"""


def test_what_handlers_have(make_application: MakeApplication) -> None:
    """The tables of the page hold what code finds in the sandbox, and nothing else."""
    found = call(make_application(app_of_files({"functions/tell.py": TELL})), "tell").json
    listed = {heading: sorted(set(first_cells(EVENTS, heading))) for heading in found}
    assert listed == {heading: sorted(names) for heading, names in found.items()}
