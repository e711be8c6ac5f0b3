"""What becomes of an input that breaks a promise: it is told once, and kept as short as it was found."""

import contextlib
import json
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest

from tests.fuzz.complaints import Unexpected, complaints
from tests.fuzz.kept import Corpus, Findings, signature_of
from tests.fuzz.mutating.raw import mutate_bytes
from tests.fuzz.plan import Turn
from tests.fuzz.run import Run
from tests.fuzz.session import Session
from tests.fuzz.target import Attempt, BrokenPromise, Target
from tests.fuzz.worker import feed


def planted(data: bytes) -> None:
    """Two defects: one that the seed is a byte away from, one that is not far either."""
    if b"B" in data:
        raise BrokenPromise("a B")
    if data.startswith(b"\xff"):
        raise KeyError(data)


@contextlib.contextmanager
def opened(_: Path) -> Iterator[Attempt]:
    yield planted


PLANTED = Target("planted", opened, partial(mutate_bytes, tokens=("B", "\xff")))


def raised(attempt: Callable[[], object]) -> Exception:
    try:
        attempt()
    except Exception as error:
        return error
    raise AssertionError("nothing was raised")


def test_planted_defects_are_found_and_kept(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    kept, scratch = Corpus(tmp_path / "corpus").of("planted"), tmp_path / "scratch"
    scratch.mkdir()
    (kept / "seed").write_bytes(b"A")
    feed(PLANTED, time.monotonic() + 1, kept, tmp_path, scratch, guided=False)

    told = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert told[-1]["runs"] > 100
    whats = {line["found"] for line in told if "found" in line}
    assert {what.partition(" at ")[0] for what in whats} == {"BrokenPromise", "KeyError"}
    files = sorted(path for path in kept.iterdir() if path.name != "seed")
    assert len(files) == 2
    for path in files:
        raised(lambda path=path: planted(path.read_bytes()))


def test_a_defect_is_told_again_only_with_a_shorter_input(tmp_path: Path) -> None:
    findings = Findings("planted", tmp_path)
    lengths = [4, 4, 6, 2, 3]
    told = [
        findings.add(data, raised(lambda data=data: planted(data))) is not None
        for data in (b"B" + b"x" * (length - 1) for length in lengths)
    ]
    assert told == [True, False, False, True, False]
    assert [path.read_bytes() for path in tmp_path.iterdir()] == [b"Bx"]


def test_a_seed_that_breaks_a_promise_is_not_kept_twice(tmp_path: Path) -> None:
    (tmp_path / "seed").write_bytes(b"B")
    finding = Findings("planted", tmp_path).add(b"B", raised(lambda: planted(b"B")))
    assert finding is not None
    assert finding.input == tmp_path / "seed"
    assert [path.name for path in tmp_path.iterdir()] == ["seed"]


def test_defects_are_told_apart_by_where_they_are() -> None:
    first, again = (raised(lambda data=data: planted(data)) for data in (b"B", b"AB"))
    other = raised(lambda: planted(b"\xff"))
    assert signature_of(first) == signature_of(again) != signature_of(other)


def test_an_error_in_the_log_is_a_broken_promise() -> None:
    import logging

    with complaints() as complained:
        complained.check()
        try:
            raise ZeroDivisionError
        except ZeroDivisionError:
            logging.getLogger("runtime.http").exception("a request failed")
        with pytest.raises(Unexpected, match="a request failed") as told:
            complained.check()
        assert isinstance(told.value.__cause__, ZeroDivisionError)
        complained.check()


@pytest.mark.slow
def test_a_session_feeds_a_target(tmp_path: Path) -> None:
    corpus = tmp_path / "corpus"
    (Corpus(corpus).of("runner-messages") / "nothing").write_bytes(b"")
    session = Session([[Turn("runner-messages", 1)]], corpus, tmp_path / "work")
    looks: list[int] = []
    session.run(lambda: looks.append(1))
    progress = session.progress["runner-messages"]
    assert progress.inputs > 10
    assert progress.findings == []
    assert looks


@pytest.mark.slow
def test_a_process_that_fails_is_a_finding(tmp_path: Path) -> None:
    session = Session([[Turn("no-such-target", 1)]], tmp_path / "corpus", tmp_path / "work")
    session.run(lambda: None)
    ((finding, why),) = session.progress["no-such-target"].findings
    assert finding.what == "its process ended with status 1"
    assert "KeyError: 'no-such-target'" in why


@pytest.mark.slow
def test_a_session_that_is_interrupted_ends_its_processes(tmp_path: Path) -> None:
    session = Session(
        [[Turn("runner-messages", 600), Turn("definitions", 600)]], tmp_path / "corpus", tmp_path / "work"
    )

    def interrupt() -> None:
        if session.progress["runner-messages"].inputs:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        session.run(interrupt)
    assert session.progress["runner-messages"].findings == []
    assert session.progress["definitions"].inputs == 0


def test_a_run_that_was_stopped_does_not_begin(tmp_path: Path) -> None:
    run = Run(Turn("runner-messages", 600), Corpus(tmp_path), Corpus(tmp_path))
    run.stop()
    run.run()
    assert (run.inputs, run.seconds) == (0, 0)
