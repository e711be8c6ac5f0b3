"""What user code may have been given is taken out of text, also after it was changed or removed."""

import pytest

from runtime.cloudcode.known_secrets import FORMER_SECONDS, KnownSecrets

FIRST = {"KEY": "first value"}
SECOND = {"KEY": "second value"}
TEXT = "first value, second value"

STEPS = dict[float, dict[str, str]]


@pytest.mark.parametrize(
    ("seen", "text"),
    [
        pytest.param({0: FIRST}, "[secret KEY], second value", id="there"),
        pytest.param({0: FIRST, 1: SECOND}, "[secret KEY], [secret KEY]", id="changed"),
        pytest.param({0: FIRST, 1: {}}, "[secret KEY], second value", id="removed"),
        pytest.param({0: FIRST, 1: {"OTHER": "first value"}}, "[secret OTHER], second value", id="renamed"),
        pytest.param({0: FIRST, 1: SECOND, FORMER_SECONDS: SECOND}, "[secret KEY], [secret KEY]", id="changed, a while ago"),
        pytest.param({0: FIRST, 1: SECOND, 1 + FORMER_SECONDS: SECOND}, "first value, [secret KEY]", id="changed long ago"),
        pytest.param({0: FIRST, 1: SECOND, 2: FIRST, 1 + FORMER_SECONDS: FIRST}, "[secret KEY], [secret KEY]", id="and back"),
        pytest.param({0: FIRST, 1: {}, 2: FIRST, 3000: FIRST}, "[secret KEY], second value", id="removed and set again"),
        pytest.param({1000: FIRST, 1001: SECOND, 0: SECOND}, "first value, [secret KEY]", id="the clock was set back"),
    ],
)  # fmt: skip
def test_the_redactor(seen: STEPS, text: str) -> None:
    known = KnownSecrets()
    for now, values in seen.items():
        known.see(values, now)
    assert known.redactor.text(TEXT) == text


def test_it_stays_the_same_while_nothing_changes() -> None:
    known = KnownSecrets()
    known.see({"A": "some value", "B": "another value"}, 0)
    redactor = known.redactor
    known.see({"B": "another value", "A": "some value"}, 5)
    assert known.redactor is redactor
    known.see({"A": "some value"}, 10)
    removed = known.redactor
    assert removed is not redactor
    known.see({"A": "some value"}, 10 + FORMER_SECONDS - 1)
    assert known.redactor is removed
