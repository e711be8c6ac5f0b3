"""Deadlines that end early: what is left of a call when it is over."""

from runtime.deadline import Deadline


def test_a_scope_ends_without_the_whole() -> None:
    whole = Deadline.after(60)
    part = whole.scope()
    inner = part.at_most(30)
    part.end()
    assert (part.remaining(), inner.remaining(), part.expired, inner.ended_early) == (0, 0, True, True)
    assert whole.remaining() > 50


def test_the_whole_ends_all_its_scopes() -> None:
    whole = Deadline.after(60)
    inner = whole.scope().scope()
    whole.end()
    assert inner.ended_early


def test_who_registered_is_called_once_and_not_if_taken_back() -> None:
    called: list[str] = []
    deadline = Deadline.after(60)
    deadline.on_early_end(lambda: called.append("kept"))
    deadline.on_early_end(lambda: called.append("taken back"))()
    deadline.end()
    deadline.end()
    deadline.on_early_end(lambda: called.append("late"))
    assert called == ["kept", "late"]


def test_a_scope_that_has_ended_leaves_nothing_with_the_whole() -> None:
    whole = Deadline.after(60)
    for _ in range(100):
        whole.scope().end()
    assert not whole._early_end._callbacks
