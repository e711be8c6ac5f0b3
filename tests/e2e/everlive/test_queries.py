"""The original client's query builder: every operator of it but the geographic ones, and filters written by hand."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.e2e.everlive.client import Client, EverliveError

pytestmark = pytest.mark.slow

NOON = "new Date('2010-06-30T12:30:15.250Z')"
SHELF = f"""[
    {{Id: 'salt', Title: 'The Salt Road', Pages: 320, Published: new Date('1999-05-01'), InPrint: true,
      Tags: ['sea', 'trade'], Publisher: {{City: 'Porto', Founded: 1911}}, Author: 'okonedo'}},
    {{Id: 'atlas', Title: 'Atlas of Small Rivers', Pages: 210, Published: new Date('2004-01-02T03:04:05Z'), InPrint: true,
      Tags: ['maps', 'sea', 'rivers'], Publisher: {{City: 'Lund', Founded: 1911}}, Author: 'vinter'}},
    {{Id: 'tea', Title: 'tea for 2 & more', Pages: 96, Published: {NOON}, InPrint: false,
      Tags: ['trade'], Publisher: {{City: 'Porto'}}, Author: 'okonedo'}},
    {{Id: 'lamp', Title: 'Lampa på ön\\nThe Lamp', Pages: 96, Published: {NOON},
      Tags: ['sea', 'sea'], Editions: [{{Year: 2011, Copies: 40}}, {{Year: 2015, Copies: 5}}]}},
    {{Id: 'blank', Title: null, Pages: 0, Tags: []}},
]"""
EVERY = ["salt", "atlas", "tea", "lamp", "blank"]


@pytest.fixture(scope="module", autouse=True)
def _books(client: Client) -> None:
    client.run(f"await master.data('Book').destroy(); await master.data('Book').create({SHELF})")


FILTERS = [
    ("eq, text", "where().eq('Title', 'The Salt Road')", ["salt"]),
    ("eq, number", "where().eq('Pages', 96)", ["tea", "lamp"]),
    ("eq, boolean", "where().eq('InPrint', false)", ["tea"]),
    ("eq, null means missing as well", "where().eq('Author', null)", ["lamp", "blank"]),
    ("eq, an element of an array", "where().eq('Tags', 'sea')", ["salt", "atlas", "lamp"]),
    ("eq, a whole array", "where().eq('Tags', ['sea', 'trade'])", ["salt"]),
    ("eq, an object", "where().eq('Publisher', {City: 'Porto'})", ["tea"]),
    ("eq, a dotted path", "where().eq('Publisher.City', 'Porto')", ["salt", "tea"]),
    ("eq, letters beyond ASCII", "where().eq('Title', 'Lampa på ön\\nThe Lamp')", ["lamp"]),
    ("eq, percent and ampersand", "where().eq('Title', 'tea for 2 & more')", ["tea"]),
    ("equal", "where().equal('Pages', 210)", ["atlas"]),
    ("ne", "where().ne('Pages', 96)", ["salt", "atlas", "blank"]),
    ("ne, missing fields differ", "where().ne('Author', 'okonedo')", ["atlas", "lamp", "blank"]),
    ("notEqual", "where().notEqual('InPrint', true)", ["tea", "lamp", "blank"]),
    ("gt", "where().gt('Pages', 210)", ["salt"]),
    ("gte", "where().gte('Pages', 210)", ["salt", "atlas"]),
    ("lt", "where().lt('Pages', 96)", ["blank"]),
    ("lte", "where().lte('Pages', 96)", ["tea", "lamp", "blank"]),
    ("greaterThan", "where().greaterThan('Pages', 96)", ["salt", "atlas"]),
    ("greaterThanEqual sends $gt", "where().greaterThanEqual('Pages', 96)", ["salt", "atlas"]),
    ("lessThan", "where().lessThan('Pages', 96)", ["blank"]),
    ("lessThanEqual sends $lt", "where().lessThanEqual('Pages', 96)", ["blank"]),
    ("gt, text", "where().gt('Title', 'The')", ["salt", "tea"]),
    ("gt, an element of an array", "where().gt('Tags', 'sea')", ["salt", "tea"]),
    ("between", "where().gt('Pages', 0).lt('Pages', 320)", ["atlas", "tea", "lamp"]),
    ("isin", "where().isin('Pages', [0, 320, 7])", ["salt", "blank"]),
    ("isin, an element of an array", "where().isin('Tags', ['maps', 'trade'])", ["salt", "atlas", "tea"]),
    ("isin, nothing", "where().isin('Pages', [])", []),
    ("isin, Id", "where().isin('Id', ['tea', 'nowhere', 'salt'])", ["salt", "tea"]),
    ("notin", "where().notin('Pages', [0, 320])", ["atlas", "tea", "lamp"]),
    ("notin, null", "where().notin('Author', [null, 'vinter'])", ["salt", "tea"]),
    ("all", "where().all('Tags', ['trade', 'sea'])", ["salt"]),
    ("all, one", "where().all('Tags', ['sea'])", ["salt", "atlas", "lamp"]),
    ("size", "where().size('Tags', 2)", ["salt", "lamp"]),
    ("size, 0", "where().size('Tags', 0)", ["blank"]),
    ("regex", "where().regex('Title', 'S[am]')", ["salt", "atlas"]),
    ("regex, an expression", "where().regex('Title', /t/)", ["salt", "atlas", "tea"]),
    ("regex, i", "where().regex('Title', /^T/i)", ["salt", "tea"]),
    ("regex, m", "where().regex('Title', /^The/m)", ["salt", "lamp"]),
    ("regex, g means nothing here", "where().regex('Title', /road/g)", []),
    ("regex, all flags", "where().regex('Title', /^the/gim)", ["salt", "lamp"]),
    ("regex, flags as text", "where().regex('Title', 'ROAD', 'gi')", ["salt"]),
    ("regex, a slash and escapes", r"where().regex('Title', /\d\s&/)", ["tea"]),
    ("regex, contains as grids send it", "where().regex('Title', '.*small.*', 'i')", ["atlas"]),
    ("regex, an element of an array", "where().regex('Tags', '^riv')", ["atlas"]),
    ("startsWith", "where().startsWith('Title', 'The')", ["salt"]),
    ("startsWith, flags", "where().startsWith('Title', 't', 'i')", ["salt", "tea"]),
    ("startsWith, m", "where().startsWith('Title', 'The', 'm')", ["salt", "lamp"]),
    ("endsWith", "where().endsWith('Title', 'Rivers')", ["atlas"]),
    ("endsWith, flags", "where().endsWith('Title', 'ÖN', 'gim')", ["lamp"]),
    ("two regular expressions", "where().startsWith('Title', 'The').endsWith('Publisher.City', 'o')", ["salt"]),
    ("eq, a date", f"where().eq('Published', {NOON})", ["tea", "lamp"]),
    ("ne, a date", f"where().ne('Published', {NOON})", ["salt", "atlas", "blank"]),
    ("gt, a date", "where().gt('Published', new Date('2004-01-02T03:04:05Z'))", ["tea", "lamp"]),
    ("gte and lt, dates", f"where().gte('Published', new Date('2004-01-02T03:04:05Z')).lt('Published', {NOON})", ["atlas"]),
    ("lte, a millisecond before", "where().lte('Published', new Date('2010-06-30T12:30:15.249Z'))", ["salt", "atlas"]),
    ("isin, dates", f"where().isin('Published', [{NOON}, new Date('1999-05-01')])", ["salt", "tea", "lamp"]),
    ("a date as text of another zone", "where().eq('Published', '2010-06-30T14:30:15.25+02:00')", ["tea", "lamp"]),
    ("and", "where().and().eq('Pages', 96).eq('InPrint', false).done()", ["tea"]),
    ("or", "where().or().eq('Pages', 0).eq('Title', 'The Salt Road').done()", ["salt", "blank"]),
    ("not", "where().not().eq('Publisher.City', 'Porto')", ["atlas", "lamp", "blank"]),
    ("not, of a group", "where().not().or().eq('Pages', 96).size('Tags', 0).done()", ["salt", "atlas"]),
    ("not, of a range", "where().not().and().gt('Pages', 0).lt('Pages', 300).done()", ["salt", "blank"]),
    ("and, or and not together", "where().gt('Pages', 0).or().eq('Tags', 'maps').not().eq('Author', 'okonedo').done()", ["atlas", "lamp"]),
    ("a group in a group", "where().or().and().eq('Tags', 'sea').eq('InPrint', true).done().lt('Pages', 50).done()", ["salt", "atlas", "blank"]),
]  # fmt: skip


@pytest.mark.parametrize(("builder", "expected"), [row[1:] for row in FILTERS], ids=[row[0] for row in FILTERS])
def test_filters_of_the_builder(client: Client, builder: str, expected: list[str]) -> None:
    assert sorted(client.run(f"return ids(await anyone.data('Book').get({builder}.done()))")) == sorted(expected)
    assert client.run(f"return anyone.data('Book').count({builder}.done())") == {"result": len(expected)}


@pytest.mark.parametrize(
    ("filter", "expected"),
    [
        pytest.param("", EVERY, id="none"),
        pytest.param("null", EVERY, id="null"),
        pytest.param("{}", EVERY, id="empty"),
        pytest.param("query()", EVERY, id="an empty query"),
        pytest.param("{Pages: {$eq: 96}}", ["tea", "lamp"], id="$eq"),
        pytest.param("{Title: 'The Salt Road', InPrint: true}", ["salt"], id="two fields"),
        pytest.param("{InPrint: {$exists: false}}", ["lamp", "blank"], id="$exists"),
        pytest.param("{Title: {$type: 'string'}}", ["salt", "atlas", "tea", "lamp"], id="$type by name"),
        pytest.param("{Title: {$type: 10}}", ["blank"], id="$type by number"),
        pytest.param("{Pages: {$not: {$gt: 96}}}", ["tea", "lamp", "blank"], id="$not of a field"),
        pytest.param("{$nor: [{Tags: 'sea'}, {Pages: 0}]}", ["tea"], id="$nor"),
        pytest.param("{Editions: {$elemMatch: {Year: {$gt: 2012}, Copies: {$gt: 10}}}}", [], id="$elemMatch holds for one element"),
        pytest.param("{'Editions.Year': {$gt: 2012}, 'Editions.Copies': {$gt: 10}}", ["lamp"], id="paths hold for any element"),
        pytest.param("{'Tags.0': 'sea'}", ["salt", "lamp"], id="a place in an array"),
        pytest.param("{$and: [{Title: {$regex: '.*a.*', $options: 'i'}}, {$or: [{Pages: 320}, {Pages: 96}]}]}", ["salt", "tea", "lamp"], id="as grids send it"),
        pytest.param(f"{{Published: {NOON}}}", ["tea", "lamp"], id="a date"),
        pytest.param("query().where({Pages: {$lt: 96}})", ["blank"], id="where with an object"),
        pytest.param("new Everlive.Query({Pages: {$lt: 96}})", ["blank"], id="a query made of an object"),
        pytest.param("{Id: 'tea'}", ["tea"], id="Id"),
        pytest.param("{Id: {$in: ['tea', ...Array(400).fill('00000000-0000-1000-8000-000000000000')]}}", ["tea"], id="a long filter"),
    ],
)  # fmt: skip
def test_filters_written_by_hand(client: Client, filter: str, expected: list[str]) -> None:
    answer = client.run(f"return anyone.data('Book').get({filter})")
    assert sorted(item["Id"] for item in answer["result"]) == sorted(expected)
    assert answer["count"] == len(expected)


@pytest.mark.parametrize(
    ("query", "expected", "count"),
    [
        pytest.param("query()", EVERY, 5, id="in the order of creation"),
        pytest.param("query().order('Title')", ["blank", "atlas", "lamp", "salt", "tea"], 5, id="order"),
        pytest.param("query().orderDesc('Pages').order('Title')", ["salt", "atlas", "lamp", "tea", "blank"], 5, id="orderDesc and order"),
        pytest.param("query().order('Pages').orderDesc('Title')", ["blank", "tea", "lamp", "atlas", "salt"], 5, id="order and orderDesc"),
        pytest.param("query().order('Publisher.City').order('Pages')", ["blank", "lamp", "atlas", "tea", "salt"], 5, id="order by a path"),
        pytest.param("query().orderDesc('Published').order('Id')", ["lamp", "tea", "atlas", "salt", "blank"], 5, id="order by a date"),
        pytest.param("query().skip(3)", ["lamp", "blank"], 5, id="skip"),
        pytest.param("query().take(2)", ["salt", "atlas"], 5, id="take"),
        pytest.param("query().order('Title').skip(1).take(2)", ["atlas", "lamp"], 5, id="a page"),
        pytest.param("query().skip(9).take(2)", [], 5, id="beyond the last page"),
        pytest.param("query().skip(0).take(0)", EVERY, 5, id="0 is not sent"),
        pytest.param("where().eq('Tags', 'sea').done().orderDesc('Pages').skip(1).take(1)", ["atlas"], 3, id="a filter as well"),
        pytest.param("new Everlive.Query({Tags: 'sea'}, null, {Pages: -1}, 1, 1)", ["atlas"], 3, id="all in the constructor"),
    ],
)  # fmt: skip
def test_pages(client: Client, query: str, expected: list[str], count: int) -> None:
    answer = client.run(f"return anyone.data('Book').get({query})")
    assert [item["Id"] for item in answer["result"]] == expected
    assert answer["count"] == count


SALT = {"Id": "salt", "Title": "The Salt Road", "Pages": 320}
SYSTEM = {"Id", "CreatedAt", "ModifiedAt", "CreatedBy", "ModifiedBy", "Owner", "Meta"}


@pytest.mark.parametrize(
    ("read", "expected"),
    [
        pytest.param("get(where().eq('Id', 'salt').done().select('Title', 'Pages'))", [SALT], id="select"),
        pytest.param("get(where().eq('Id', 'salt').done().select('Publisher.City'))", [{"Id": "salt", "Publisher": {"City": "Porto"}}], id="select a path"),
        pytest.param("get(where().eq('Id', 'salt').done().select('Colour'))", [{"Id": "salt"}], id="select what is not there"),
        pytest.param("get(new Everlive.Query({Id: 'salt'}, {Title: 1, Id: 0}))", [{"Title": "The Salt Road"}], id="without the Id"),
        pytest.param("withHeaders({'X-Everlive-Fields': '{\"Title\": 1, \"Pages\": 1}'}).getById('salt')", SALT, id="fields of one item"),
        pytest.param("get(new Everlive.Query({Id: 'atlas'}, {Tags: {$slice: 2}, Id: 1}))", [{"Id": "atlas", "Tags": ["maps", "sea"]}], id="$slice"),
        pytest.param("get(new Everlive.Query({Id: 'atlas'}, {Tags: {$slice: [1, 1]}, Id: 1}))", [{"Id": "atlas", "Tags": ["sea"]}], id="$slice from a place"),
        pytest.param("withHeaders({'X-Everlive-Single-Field': 'Title'}).get(query().take(2))", ["The Salt Road", "Atlas of Small Rivers"], id="single field"),
        pytest.param("withHeaders({'X-Everlive-Single-Field': 'Author'}).get(query().skip(3))", [None, None], id="single field that is missing"),
        pytest.param("withHeaders({'X-Everlive-Single-Field': 'Publisher.City'}).getById('salt')", "Porto", id="single field of one item"),
        pytest.param("withHeaders({'X-Everlive-Single-Field': 'Published'}).getById('tea')", datetime(2010, 6, 30, 12, 30, 15, 250000, UTC), id="single field, a date"),
    ],
)  # fmt: skip
def test_parts_of_items(client: Client, read: str, expected: Any) -> None:
    assert client.run(f"return anyone.data('Book').{read}")["result"] == expected


def test_fields_left_out(client: Client) -> None:
    query = "new Everlive.Query({Id: 'tea'}, {Title: 0, Tags: 0, Publisher: 0})"
    (item,) = client.run(f"return anyone.data('Book').get({query})")["result"]
    assert item.keys() == SYSTEM | {"Pages", "Published", "InPrint", "Author"}


def test_the_count_can_be_left_out(client: Client) -> None:
    answer = client.run(
        "return anyone.data('Book').withHeaders({'X-Everlive-Include-Count': false}).get(query().take(1))"
    )
    assert answer.get("count") is None
    assert len(answer["result"]) == 1


def test_a_whole_item(client: Client) -> None:
    item = client.run("return anyone.data('Book').getById('salt')")["result"]
    nobody = "00000000-0000-0000-0000-000000000000"
    assert item == {
        **SALT,
        "Published": datetime(1999, 5, 1, tzinfo=UTC),
        "InPrint": True,
        "Tags": ["sea", "trade"],
        "Publisher": {"City": "Porto", "Founded": 1911},
        "Author": "okonedo",
        "CreatedAt": item["ModifiedAt"],
        "ModifiedAt": item["CreatedAt"],
        "CreatedBy": nobody,
        "ModifiedBy": nobody,
        "Owner": nobody,
        "Meta": {"Permissions": {"CanRead": True, "CanUpdate": True, "CanDelete": True}},
    }
    assert isinstance(item["CreatedAt"], datetime)


def test_a_moment_that_was_read_finds_its_item(client: Client) -> None:
    script = """
        const {result} = await anyone.data('Book').getById('atlas');
        const same = where().eq('CreatedAt', result.CreatedAt).eq('ModifiedAt', result.ModifiedAt).eq('Id', 'atlas').done();
        return ids(await anyone.data('Book').get(same));"""
    assert client.run(script) == ["atlas"]


@pytest.mark.parametrize(
    ("read", "code"),
    [
        pytest.param("getById('nowhere')", 801, id="no such item"),
        pytest.param("get({Pages: {$above: 3}})", 608, id="unknown operator"),
        pytest.param("get({$xor: [{Pages: 3}]})", 608, id="unknown logical operator"),
        pytest.param("get({Title: {$regex: '('}})", 608, id="not a regular expression"),
        pytest.param("count({Pages: {$in: 3}})", 608, id="$in without a list"),
        pytest.param("get(new Everlive.Query({}, {Title: 1, Pages: 0}))", 616, id="fields in and out"),
        pytest.param("withHeaders({'X-Everlive-Fields': 'Title'}).get()", 616, id="fields that are not JSON"),
        pytest.param("get(new Everlive.Query({}, null, {Title: 'up'}))", 601, id="sort"),
        pytest.param("get(query().skip(-1))", 601, id="skip"),
        pytest.param("get(query().take(2.5))", 601, id="take"),
    ],
)
def test_errors(client: Client, read: str, code: int) -> None:
    with pytest.raises(EverliveError) as caught:
        client.run(f"return anyone.data('Book').{read}")
    assert caught.value.code == code


def test_the_client_may_change_a_query_on_its_way(client: Client) -> None:
    script = """
        const own = connect({});
        own.on('beforeExecute', (query) => { query.filter = {Pages: 320}; query.headers['x-everlive-sort'] = %s; });
        return ids(await own.data('Book').get());"""
    assert client.run(script % json.dumps('{"Title": 1}')) == ["salt"]
