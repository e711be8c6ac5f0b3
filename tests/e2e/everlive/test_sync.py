"""Writing offline with the original client, and the synchronization that follows."""

from typing import Any

import pytest

from tests.e2e.everlive.client import Client

pytestmark = pytest.mark.slow

OFFLINE = """
    const {ConflictResolutionStrategy: {ClientWins, ServerWins, Custom}, ConflictResolution} = Everlive.Constants;
    const merging = (conflicts, done) => {
        for (const {conflictingItems} of conflicts) {
            for (const conflict of conflictingItems) {
                conflict.result = {resolutionType: ConflictResolution.Custom, item: {...conflict.clientItem, Text: 'both'}};
            }
        }
        done();
    };
    const all = async (notes) => (await notes.get(query().order('Id'))).result.map(({Id, Text}) => [Id, Text]);
    const synchronized = async (strategy, work) => {
        const conflicts = {strategy, implementation: merging};
        const own = connect({offlineStorage: {conflicts, storage: {name: `notes-${process.hrtime.bigint()}`}}});
        const notes = own.data('Note');
        await notes.get();
        own.offline();
        await work(notes, anyone.data('Note'));
        own.online();
        const ended = new Promise((resolve) => own.once('syncEnd', resolve));
        own.sync();
        const {error, failedItems, syncedToServer} = await ended;
        const failed = Object.fromEntries((failedItems.Note ?? []).map((failure) => [failure.itemId, failure.error.code]));
        const [online, offline] = [await all(anyone.data('Note')), await all(notes.useOffline(true))];
        return {error, failed, syncedToServer, online, offline};
    };
"""


@pytest.fixture(autouse=True)
def _two_notes(client: Client) -> None:
    client.run(
        "const notes = master.data('Note'); await notes.destroy(); await notes.create([{Id: 'a', Text: '1'}, {Id: 'b', Text: '2'}])"
    )


def synchronized(client: Client, strategy: str, work: str) -> Any:
    """What the client tells after `work` on the content type `notes`, offline; `server` is the same type online."""
    return client.run(f"{OFFLINE} return synchronized({strategy}, async (notes, server) => {{ {work} }})")


@pytest.mark.parametrize("strategy", ["ClientWins", "ServerWins", "Custom"])
@pytest.mark.parametrize(
    ("work", "notes", "written"),
    [
        pytest.param("await notes.create({Id: 'c', Text: '3'})", [["a", "1"], ["b", "2"], ["c", "3"]], 1, id="create"),
        pytest.param("await notes.create([{Id: 'c', Text: '3'}, {Id: 'd', Text: '4'}])", [["a", "1"], ["b", "2"], ["c", "3"], ["d", "4"]], 2, id="create many"),
        pytest.param("await notes.updateSingle({Id: 'a', Text: 'x'})", [["a", "x"], ["b", "2"]], 1, id="update"),
        pytest.param("await notes.update({Text: 'x'}, {})", [["a", "x"], ["b", "x"]], 2, id="update all"),
        pytest.param("await notes.create({Id: 'c', Text: '3'}); await notes.updateSingle({Id: 'b', Text: 'x'})", [["a", "1"], ["b", "x"], ["c", "3"]], 2, id="create and update"),
        pytest.param("await notes.create({Id: 'c', Text: '3'}); await notes.destroySingle('c')", [["a", "1"], ["b", "2"]], 0, id="create and delete"),
        pytest.param("", [["a", "1"], ["b", "2"]], 0, id="nothing"),
    ],
)  # fmt: skip
def test_work_without_conflicts(client: Client, strategy: str, work: str, notes: list[list[str]], written: int) -> None:
    done = synchronized(client, strategy, work)
    assert done["online"] == done["offline"] == notes
    assert (done.get("error"), done["failed"], done["syncedToServer"]) == (None, {}, written)


BOTH_CHANGED = "await notes.updateSingle({Id: 'a', Text: 'mine'}); await server.updateSingle({Id: 'a', Text: 'theirs'})"
DELETED_ONLINE = "await notes.updateSingle({Id: 'a', Text: 'mine'}); await server.destroySingle('a')"
DELETED_OFFLINE = "await notes.destroySingle('a'); await server.updateSingle({Id: 'a', Text: 'theirs'})"


@pytest.mark.parametrize(
    ("strategy", "work", "text", "failed"),
    [
        pytest.param("ClientWins", BOTH_CHANGED, "mine", {}, id="both changed it, the client wins"),
        pytest.param("ServerWins", BOTH_CHANGED, "theirs", {}, id="both changed it, the server wins"),
        pytest.param("Custom", BOTH_CHANGED, "both", {}, id="both changed it, the app decides"),
        pytest.param("ClientWins", DELETED_ONLINE, None, {"a": 801}, id="deleted online, the client wins"),
        pytest.param("ServerWins", DELETED_ONLINE, None, {}, id="deleted online, the server wins"),
        pytest.param("Custom", DELETED_ONLINE, "both", {}, id="deleted online, the app decides"),
        pytest.param("ClientWins", DELETED_OFFLINE, None, {}, id="deleted offline, the client wins"),
        pytest.param("ServerWins", DELETED_OFFLINE, "theirs", {}, id="deleted offline, the server wins"),
        pytest.param("Custom", DELETED_OFFLINE, "both", {}, id="deleted offline, the app decides"),
        pytest.param("ClientWins", "await notes.destroySingle('a')", None, {}, id="deleted offline alone"),
        pytest.param("ClientWins", "await notes.create({Id: 'c'}); await server.create({Id: 'c'})", "1", {"c": 107}, id="both created it"),
        pytest.param("ClientWins", "await notes.create({Id: 'c', Text: 7})", "1", {"c": 601}, id="the server refuses it"),
    ],
)  # fmt: skip
def test_conflicts(client: Client, strategy: str, work: str, text: str | None, failed: dict[str, int]) -> None:
    done = synchronized(client, strategy, work)
    assert dict(done["online"]).get("a") == text
    assert (done.get("error"), done["failed"]) == (None, failed)
    if not failed:
        assert done["offline"] == done["online"]


@pytest.mark.parametrize(
    ("call", "left"),
    [("update({Text: 'mine'}, known)", "mine"), ("destroy(known)", None)],
    ids=["update", "delete"],
)
def test_an_item_is_changed_only_if_it_is_as_it_was_read(client: Client, call: str, left: str | None) -> None:
    """What the client's sync builds on: by Id and ModifiedAt, 1 means done and 0 a conflict."""
    script = f"""
        const notes = anyone.data('Note');
        const {{Id, ModifiedAt}} = (await notes.getById('a')).result;
        const known = {{Id, ModifiedAt}};
        const stale = {{Id, ModifiedAt: new Date(ModifiedAt - 1)}};
        const none = await notes.{call.replace("known", "stale")};
        const untouched = (await notes.getById('a')).result;
        const one = await notes.isSync(true).{call};
        const again = await notes.isSync(true).{call};
        const now = (await notes.get({{Id}})).result;
        return {{none, untouched, one, again, now, ModifiedAt}};"""
    seen = client.run(script)
    assert [seen[name]["result"] for name in ("none", "one", "again")] == [0, 1, 0]
    assert (seen["untouched"]["Text"], seen["untouched"]["ModifiedAt"]) == ("1", seen["ModifiedAt"])
    assert [item["Text"] for item in seen["now"]] == ([left] if left else [])


def test_moments_of_change_are_told_apart(client: Client) -> None:
    """However fast changes follow each other: of several that know the same ModifiedAt, one wins."""
    script = """
        const notes = anyone.data('Note');
        const updates = [...Array(60).keys()].map((n) => notes.updateSingle({Id: 'a', Text: `${n}`}));
        const moments = (await Promise.all(updates)).map(({ModifiedAt}) => ModifiedAt);
        const known = {Id: 'a', ModifiedAt: (await notes.getById('a')).result.ModifiedAt};
        const racing = await Promise.all([1, 2, 3, 4].map((n) => notes.update({Text: `racer ${n}`}, known)));
        return {moments, last: known.ModifiedAt, won: racing.map(({result}) => result)};"""
    seen = client.run(script)
    assert len(set(seen["moments"])) == 60
    assert max(seen["moments"]) == seen["last"]
    assert sorted(seen["won"]) == [0, 0, 0, 1]
