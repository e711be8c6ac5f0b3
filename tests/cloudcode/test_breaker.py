"""A function that runs out of time too often is disabled for a while, in every process at once."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from runtime.cloudcode.breaker import MINUTE, TRIAL_SECONDS, Breaker
from runtime.errors import ReliveError
from runtime.store.port import Store, StoreUnavailableError
from runtime.store.sqlite.records import SqliteStore
from tests.cloudcode.breakers import COOLDOWN, WINDOW, is_open, time_out
from tests.store.engines import SHARING, Clock, sharing


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(params=SHARING)
def make_breaker(request: pytest.FixtureRequest, tmp_path: Path, clock: Clock) -> Iterator[Callable[[], Breaker]]:
    """Makes breakers that share their state as those of several processes do."""
    make_store = sharing(request.param, tmp_path, clock)
    stores: list[Store] = []

    def make() -> Breaker:
        stores.append(make_store())
        return Breaker(stores[-1], timeouts=3, window_minutes=30, cooldown_minutes=10, clock=clock)

    yield make
    for store in stores:
        store.close()


@pytest.fixture
def breaker(make_breaker: Callable[[], Breaker]) -> Breaker:
    return make_breaker()


def test_the_third_time_out_within_the_window_disables(breaker: Breaker) -> None:
    time_out(breaker, 2)
    assert is_open(breaker)
    time_out(breaker)
    assert not is_open(breaker)


def test_only_that_function_of_that_app_is_disabled(breaker: Breaker) -> None:
    time_out(breaker, 3)
    assert is_open(breaker, function="g")
    assert is_open(breaker, app="b")


def test_other_endings_neither_count_nor_reset(breaker: Breaker) -> None:
    for _ in range(3):
        time_out(breaker)
        breaker.record_success("a", "f")
    assert not is_open(breaker)


@pytest.mark.parametrize(
    ("minutes", "disabled"),
    [((0, 0, 0), True), ((0, 15, 29.9), True), ((0, 15, 30), False), ((0, 20, 40), False), ((0, 31, 40, 60), True)],
    ids=str,
)
def test_the_window(breaker: Breaker, clock: Clock, minutes: tuple[float, ...], disabled: bool) -> None:
    start = clock.now
    for minute in minutes:
        clock.now = start + minute * MINUTE
        time_out(breaker)
    assert is_open(breaker) != disabled


@given(st.lists(st.floats(0, 40), max_size=12))
@settings(max_examples=40, deadline=None)
def test_the_window_slides(tmp_path_factory: pytest.TempPathFactory, gaps: list[float]) -> None:
    """Disabled as soon as three time-outs lie within 30 minutes, and not before."""
    clock = Clock(0)
    store = SqliteStore(tmp_path_factory.mktemp("data") / "relive.db", durable=False, clock=clock)
    breaker = Breaker(store, timeouts=3, clock=clock)
    moments: list[float] = []
    for gap in gaps:
        clock.now += gap * MINUTE
        time_out(breaker)
        moments.append(clock.now)
        expected = len([moment for moment in moments if moment > clock.now - WINDOW]) >= 3
        assert is_open(breaker) != expected
        if expected:
            break
    store.close()


class TestDisabled:
    @pytest.fixture(autouse=True)
    def _disable(self, breaker: Breaker) -> None:
        time_out(breaker, 3)

    @pytest.mark.parametrize(
        ("passed", "sentence"),
        [
            (0, "It will be tried again in 10 minutes at the latest."),
            (COOLDOWN - 61, "It will be tried again in 2 minutes at the latest."),
            (COOLDOWN - 1, "It will be tried again in 1 minute at the latest."),
        ],
        ids=["just now", "later", "at the end"],
    )
    def test_the_error_tells_how_long(self, breaker: Breaker, clock: Clock, passed: float, sentence: str) -> None:
        clock.now += passed
        with pytest.raises(ReliveError, match=sentence) as raised:
            breaker.check("a", "f")
        assert (raised.value.code, raised.value.status) == (955, 500)

    def test_calls_that_had_begun_change_nothing(self, breaker: Breaker, clock: Clock) -> None:
        clock.now += COOLDOWN - 1
        breaker.record_timeout("a", "f")
        breaker.record_success("a", "f")
        assert not is_open(breaker)
        clock.now += 1
        assert is_open(breaker)

    def test_one_trial_call_after_the_cool_down(self, breaker: Breaker, clock: Clock) -> None:
        clock.now += COOLDOWN
        assert [is_open(breaker) for _ in range(3)] == [True, False, False]

    def test_it_stays_disabled_however_late_the_trial_comes(self, breaker: Breaker, clock: Clock) -> None:
        clock.now += 1000 * COOLDOWN
        assert [is_open(breaker) for _ in range(2)] == [True, False]

    def test_a_trial_that_ends_well_opens_and_forgets(self, breaker: Breaker, clock: Clock) -> None:
        clock.now += COOLDOWN
        breaker.check("a", "f")
        breaker.record_success("a", "f")
        time_out(breaker, 2)
        assert is_open(breaker)

    def test_a_trial_that_runs_out_of_time_disables_again_at_once(self, breaker: Breaker, clock: Clock) -> None:
        for _ in range(3):
            clock.now += COOLDOWN
            time_out(breaker)
            assert not is_open(breaker)
            clock.now += COOLDOWN - 1
            assert not is_open(breaker)
            clock.now += 1
            assert is_open(breaker)
            breaker.record_timeout("a", "f")

    def test_a_trial_whose_process_died_is_followed_by_another(
        self, make_breaker: Callable[[], Breaker], clock: Clock
    ) -> None:
        clock.now += COOLDOWN
        make_breaker().check("a", "f")
        other = make_breaker()
        clock.now += TRIAL_SECONDS - 1
        assert not is_open(other)
        clock.now += 1
        assert is_open(other)
        other.record_success("a", "f")
        assert is_open(other)

    def test_enable_opens_at_once_and_forgets(self, breaker: Breaker, make_breaker: Callable[[], Breaker]) -> None:
        assert make_breaker().enable("a", "f")
        time_out(breaker, 2)
        assert is_open(breaker)
        assert not breaker.enable("a", "f")
        assert not breaker.enable("a", "unknown")

    def test_enable_during_a_trial(self, breaker: Breaker, clock: Clock) -> None:
        clock.now += COOLDOWN
        breaker.check("a", "f")
        breaker.enable("a", "f")
        assert is_open(breaker)
        breaker.record_success("a", "f")
        assert is_open(breaker)


class TestSeveralProcesses:
    def test_they_count_together(self, make_breaker: Callable[[], Breaker]) -> None:
        breakers = [make_breaker() for _ in range(3)]
        for breaker in breakers:
            time_out(breaker)
        assert not any(is_open(breaker) for breaker in breakers)

    def test_no_time_out_is_lost_when_all_report_at_once(self, make_breaker: Callable[[], Breaker]) -> None:
        breakers = [make_breaker() for _ in range(3)]
        for breaker in breakers:
            breaker.check("a", "f")
        with ThreadPoolExecutor(3) as threads:
            list(threads.map(lambda breaker: breaker.record_timeout("a", "f"), breakers))
        assert not is_open(breakers[0])

    def test_only_one_of_them_has_the_trial(self, make_breaker: Callable[[], Breaker], clock: Clock) -> None:
        breakers = [make_breaker() for _ in range(4)]
        time_out(breakers[0], 3)
        clock.now += COOLDOWN
        with ThreadPoolExecutor(8) as threads:
            assert sum(threads.map(is_open, breakers * 4)) == 1

    def test_the_end_of_anothers_call_does_not_end_the_trial(
        self, make_breaker: Callable[[], Breaker], clock: Clock
    ) -> None:
        first, second = make_breaker(), make_breaker()
        time_out(first, 3)
        clock.now += COOLDOWN
        first.check("a", "f")
        second.record_success("a", "f")
        second.record_timeout("a", "f")
        assert not is_open(second)
        first.record_success("a", "f")
        assert is_open(second)


class FullStore(SqliteStore):
    """Every write fails, as on a full disk."""

    def insert(self, *arguments, **options):
        raise StoreUnavailableError("the disk is full")

    replace = put = insert


def test_an_ending_that_cannot_be_counted_stays_what_it_was(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    store = FullStore(tmp_path / "relive.db")
    time_out(Breaker(store))
    store.close()
    assert "could not be counted: the disk is full" in capsys.readouterr().err


class TestAClockThatWasWrong:
    """It went ahead by a day, time-outs were noted, and it was set right again."""

    DAY = 24 * 60 * MINUTE

    def test_a_function_disabled_meanwhile_is_tried_at_once(self, breaker: Breaker, clock: Clock) -> None:
        clock.now += self.DAY
        time_out(breaker, 3)
        assert not is_open(breaker)
        clock.now -= self.DAY
        assert is_open(breaker)
        breaker.record_success("a", "f")
        assert is_open(breaker)

    def test_a_trial_begun_meanwhile_holds_nobody_up(self, breaker: Breaker, clock: Clock) -> None:
        time_out(breaker, 3)
        clock.now += self.DAY
        assert is_open(breaker)
        clock.now -= self.DAY - COOLDOWN
        assert is_open(breaker)

    def test_time_outs_noted_meanwhile_do_not_count(self, breaker: Breaker, clock: Clock) -> None:
        clock.now += self.DAY
        time_out(breaker, 2)
        clock.now -= self.DAY
        time_out(breaker, 2)
        assert is_open(breaker)
        time_out(breaker)
        assert not is_open(breaker)
