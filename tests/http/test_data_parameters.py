"""How each parameter of a request is read: as a header and in the query, in every spelling that clients use."""

import json
from typing import Any
from urllib.parse import quote, quote_plus, urlencode

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from runtime.errors import CATALOGUE, ReliveError
from runtime.http.parameters import LARGEST, Parameters
from runtime.http.request import read_event
from tests.function_url import make_event

NAMES = {
    "custom_parameters": ("X-Everlive-Custom-Parameters", "customParameters"),
    "filter": ("X-Everlive-Filter", "filter"),
    "fields": ("X-Everlive-Fields", "fields"),
    "sort": ("X-Everlive-Sort", "sort"),
    "aggregate": ("X-Everlive-Aggregate", "aggregate"),
    "skip": ("X-Everlive-Skip", "skip"),
    "take": ("X-Everlive-Take", "take"),
    "include_count": ("X-Everlive-Include-Count", "includeCount"),
    "single_field": ("X-Everlive-Single-Field", "singleField"),
    "override_system_fields": ("X-Everlive-Override-System-Fields", "overrideSystemFields"),
}
DEFAULTS = {"custom_parameters": {}, "include_count": True, "override_system_fields": False}
JSON_PARAMETERS = ("custom_parameters", "filter", "fields", "sort", "aggregate")


def parameters(headers: dict[str, str] | None = None, query: str = "") -> Parameters:
    return Parameters(read_event(make_event("GET", f"/v1/app/Book?{query}", headers), "request-1"))


def sent(name: str, text: str) -> list[Parameters]:
    """A parameter in its header, and in its query key."""
    header, key = NAMES[name]
    return [parameters({header: text}), parameters(query=urlencode({key: text}))]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("text", ["", "  ", "undefined", "null", " null "])
def test_absent(name: str, text: str) -> None:
    for read in [parameters(), *sent(name, text)]:
        assert getattr(read, name) == DEFAULTS.get(name)


@pytest.mark.parametrize("name", NAMES)
def test_the_header_wins_unless_it_is_absent(name: str) -> None:
    header, key = NAMES[name]
    texts = {"skip": ("3", 3), "take": ("3", 3), "single_field": ("A", "A"), "include_count": ("false", False)}
    text, value = texts.get(name, ("true", True) if name == "override_system_fields" else ('{"a":1}', {"a": 1}))
    assert getattr(parameters({header: text}, f"{key}=nonsense"), name) == value
    assert getattr(parameters({header: "undefined"}, urlencode({key: text})), name) == value


@pytest.mark.parametrize("name", JSON_PARAMETERS)
@pytest.mark.parametrize(
    ("text", "value"),
    [
        pytest.param('{"a":1}', {"a": 1}, id="as it is"),
        pytest.param(quote('{"a":1}', safe=""), {"a": 1}, id="percent-encoded"),
        pytest.param(quote('{"a":1}').lower(), {"a": 1}, id="percent-encoded in lower case"),
        pytest.param('{"a":"ä→🙂"}', {"a": "ä→🙂"}, id="not ASCII"),
        pytest.param(quote('{"a":"ä→🙂"}'), {"a": "ä→🙂"}, id="not ASCII, percent-encoded"),
        pytest.param('{"a":"\\u00e4"}', {"a": "ä"}, id="escaped by JSON"),
        pytest.param('{"a":"100%25"}', {"a": "100%25"}, id="percent sign in JSON"),
        pytest.param('{"a":"+1 2"}', {"a": "+1 2"}, id="plus"),
        pytest.param(quote('{"a":"+1"}', safe="+"), {"a": "+1"}, id="plus beside percent-encoding"),
        pytest.param(quote('{"a":"b%20c"}'), {"a": "b%20c"}, id="decoded once"),
        pytest.param(' {"a": 1} ', {"a": 1}, id="blanks"),
        pytest.param("{}", {}, id="empty object"),
    ],
)
def test_json(name: str, text: str, value: Any) -> None:
    for read in sent(name, text):
        assert getattr(read, name) == value


@pytest.mark.parametrize(
    ("arrived", "meant"),
    [
        pytest.param("ä→🙂à", "ä→🙂à", id="UTF-8"),
        pytest.param("ä→🙂à".encode().decode("latin-1"), "ä→🙂à", id="UTF-8 read as Latin-1"),
        pytest.param("ä é à", "ä é à", id="Latin-1"),
        pytest.param("Ã¤→", "Ã¤→", id="beyond Latin-1"),
    ],
)
def test_what_is_not_ascii_as_it_arrives(arrived: str, meant: str) -> None:
    """The bytes of headers and query strings have been made text by others, who may have taken them for Latin-1."""
    assert parameters({"X-Everlive-Filter": f'{{"a":"{arrived}"}}'}).filter == {"a": meant}
    assert parameters(query=f'filter={{"a":"{arrived}"}}').filter == {"a": meant}
    assert parameters({"X-Everlive-Single-Field": arrived}).single_field == meant
    assert parameters({"X-Everlive-Single-Field": arrived}).request.headers_for_user_code == {
        "x-everlive-single-field": meant
    }


@pytest.mark.parametrize("name", ["filter", "fields", "sort", "aggregate"])
@pytest.mark.parametrize("value", [[], [1], "text", "null", "", 5, 0, True, False])
def test_json_of_any_kind_is_for_the_service_to_judge(name: str, value: Any) -> None:
    for read in sent(name, json.dumps(value)):
        assert getattr(read, name) == value
        assert type(getattr(read, name)) is type(value)


def test_a_filter_twice_in_the_query() -> None:
    with pytest.raises(ReliveError) as error:
        _ = parameters(query="filter={}&filter={}").filter
    assert error.value.code == 608


CODES = {"custom_parameters": 614, "filter": 608, "fields": 616, "sort": 601, "aggregate": 601}


@pytest.mark.parametrize("name", JSON_PARAMETERS)
@pytest.mark.parametrize(
    ("text", "says"),
    [
        pytest.param("{nope", "'{nope'. Line 1, column 2", id="broken"),
        pytest.param('{"a":1}}', "Line 1, column 8", id="more behind it"),
        pytest.param("{'a':1}", "double quotes", id="single quotes"),
        pytest.param("undefine", "'undefine'", id="a word"),
        pytest.param("[object Object]", "'[object Object]'", id="an object as text"),
        pytest.param('{"a":NaN}', "NaN", id="NaN"),
        pytest.param('{"a":1e999}', "too large", id="infinite"),
        pytest.param('{"a":' + "[" * 200 + "]" * 200 + "}", "nested", id="deep"),
        pytest.param("%7Bnope", "'{nope'. Line 1, column 2", id="encoded and broken"),
        pytest.param("%257B%257D", "'%7B%7D'", id="encoded twice"),
        pytest.param("%7B%22a%22:%22%e4%22%7D", "not UTF-8", id="percent-encoded Latin-1"),
        pytest.param("%", "'%'", id="a percent sign"),
        pytest.param('{"a":"' + "x" * 500, "xxx...'", id="long"),
    ],
)
def test_no_json(name: str, text: str, says: str) -> None:
    header, key = NAMES[name]
    for read, source in zip(sent(name, text), (header, f"The query parameter {key}"), strict=True):
        with pytest.raises(ReliveError) as raised:
            getattr(read, name)
        message = raised.value.message
        assert raised.value.code == CODES[name]
        assert message.startswith(f"{CATALOGUE[CODES[name]].message} {source} cannot be read: ")
        assert says in message
        assert len(message) < 300


@pytest.mark.parametrize("name", ["skip", "take"])
@pytest.mark.parametrize(
    ("text", "value"), [("0", 0), ("5", 5), (" 5 ", 5), ("007", 7), (str(LARGEST), LARGEST), ("0" * 50 + "1", 1)]
)
def test_whole_numbers(name: str, text: str, value: int) -> None:
    for read in sent(name, text):
        assert getattr(read, name) == value


@pytest.mark.parametrize("name", ["skip", "take"])
@pytest.mark.parametrize(
    "text",
    ["-1", "+1", "1.5", "1.0", "1e3", "five", '"5"', "[5]", "true", "NaN", "Infinity", "1,2", "1 2", "1_0", "٣", "²",
     "0x10", str(LARGEST + 1), "9" * 10_000],
)  # fmt: skip
def test_no_whole_numbers(name: str, text: str) -> None:
    header, key = NAMES[name]
    for read, source in zip(sent(name, text), (header, f"The query parameter {key}"), strict=True):
        with pytest.raises(ReliveError) as raised:
            getattr(read, name)
        assert raised.value.code == 601
        assert f"{source} must be a whole number from 0 to 2147483647, not '{text[:77]}" in raised.value.message
        assert len(raised.value.message) < 250


BOOLEANS = ("include_count", "override_system_fields")


@pytest.mark.parametrize("name", BOOLEANS)
@pytest.mark.parametrize(
    ("text", "value"),
    [("true", True), ("TRUE", True), ("True", True), ("1", True), ("false", False), ("False", False), ("0", False)],
)
def test_booleans(name: str, text: str, value: bool) -> None:
    for read in sent(name, text):
        assert getattr(read, name) is value


@pytest.mark.parametrize("name", BOOLEANS)
@pytest.mark.parametrize("text", ["yes", "2", "01", '"true"', "true,true", "on", "\u0131"])
def test_no_booleans(name: str, text: str) -> None:
    for read in sent(name, text):
        with pytest.raises(ReliveError) as raised:
            getattr(read, name)
        assert raised.value.code == 601
        assert f"must be true or false, not '{text}'" in raised.value.message


@pytest.mark.parametrize(
    ("text", "value"), [("true", True), ("TRUE", True), ("1", True), ("false", False), ("", False), ("nonsense", False)]
)
def test_sync_is_never_wrong(text: str, value: bool) -> None:
    assert parameters({"X-Everlive-Sync": text}).is_sync is value


def test_single_field_is_a_text() -> None:
    for read in sent("single_field", " Author.Name "):
        assert read.single_field == "Author.Name"


any_json = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(),
    lambda children: st.lists(children, max_size=3) | st.dictionaries(st.text(), children, max_size=3),
    max_leaves=8,
)


@given(value=st.dictionaries(st.text(), any_json, max_size=4), ascii_only=st.booleans())
def test_every_json_comes_through_in_every_spelling(value: dict[str, Any], ascii_only: bool) -> None:
    text = json.dumps(value, ensure_ascii=ascii_only)
    text = text.encode("utf-8", "replace").decode()  # half a surrogate pair is no text
    value = json.loads(text)
    assume(not _looks_like_utf_8(text))
    header = "X-Everlive-Filter"
    for read in (
        parameters({header: text}),
        parameters({header: text.encode().decode("latin-1")}),
        parameters({header: quote(text, safe="")}),
        parameters(query=f"filter={quote(text, safe='')}"),
        parameters(query=f"filter={quote_plus(text)}"),
        parameters(query=f"filter={quote(quote(text, safe=''), safe='')}"),
    ):
        assert read.filter == value


def _looks_like_utf_8(text: str) -> bool:
    """As nobody writes on purpose: Ã and a special character behind it, for one."""
    try:
        return text != text.encode("latin-1").decode()
    except UnicodeError:
        return False


@given(text=st.text(max_size=30))
@pytest.mark.parametrize("name", NAMES)
def test_any_text_is_read_or_refused(name: str, text: str) -> None:
    for read in sent(name, text.encode("utf-8", "replace").decode()):
        try:
            getattr(read, name)
        except ReliveError as error:
            assert error.code in (601, 608, 614, 616)  # noqa: PT017 - not every text is wrong
