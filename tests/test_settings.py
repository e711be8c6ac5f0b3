"""Settings come from the environment, and a value that cannot work is refused at the start."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from runtime.settings import Settings, environment_names, load_settings, unknown_environment_names


@pytest.fixture(autouse=True)
def _no_settings_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (*environment_names(), *unknown_environment_names()):
        monkeypatch.delenv(name, raising=False)


READ = {
    "a number": ("RELIVE_BUDGET_SECONDS", "2.5", "budget_seconds", 2.5),
    "a whole number": ("RELIVE_RUNNERS", "20", "runners", 20),
    "a folder": ("RELIVE_DATA", "/somewhere/else", "data", Path("/somewhere/else")),
    "a text": ("RELIVE_MASTER_KEY", "key with spaces", "master_key", "key with spaces"),
    "yes or no": ("RELIVE_DOMAIN_PER_APP", "true", "domain_per_app", True),
    "JSON": ("RELIVE_SECRETS", '{"bookstore": {"KEY": "v"}}', "secrets", {"bookstore": {"KEY": "v"}}),
    "in lower case": ("relive_memory_mb", "256", "memory_mb", 256),
}


@pytest.mark.parametrize(("variable", "text", "name", "value"), READ.values(), ids=READ.keys())
def test_read_from_the_environment(
    monkeypatch: pytest.MonkeyPatch, variable: str, text: str, name: str, value: Any
) -> None:
    monkeypatch.setenv(variable, text)
    assert getattr(load_settings(), name) == value


REFUSED = {
    "no number": ("RELIVE_BUDGET_SECONDS", "soon"),
    "no time at all": ("RELIVE_BUDGET_SECONDS", "0"),
    "longer than a Lambda function runs": ("RELIVE_BUDGET_SECONDS", "901"),
    "too little memory for the interpreter": ("RELIVE_MEMORY_MB", "32"),
    "negative depth": ("RELIVE_DEPTH", "-1"),
    "fewer runners than nested calls need": ("RELIVE_RUNNERS", "8"),
    "fewer for a request than nested calls need": ("RELIVE_RUNNERS_PER_REQUEST", "8"),
    "more for a request than there are": ("RELIVE_RUNNERS_PER_REQUEST", "17"),
    "no call of code at all": ("RELIVE_CODE_CALLS", "0"),
    "no memory for host calls": ("RELIVE_HELD_MB", "0"),
    "no JSON": ("RELIVE_SECRETS", "API_KEY=value"),
    "secrets without an app": ("RELIVE_SECRETS", '{"API_KEY": "value"}'),
}


@pytest.mark.parametrize(("variable", "text"), REFUSED.values(), ids=REFUSED.keys())
def test_refused(monkeypatch: pytest.MonkeyPatch, variable: str, text: str) -> None:
    monkeypatch.setenv(variable, text)
    with pytest.raises(ValidationError) as raised:
        load_settings()
    named = variable.removeprefix("RELIVE_").lower()
    assert named in str(raised.value)


def test_what_is_given_wins_over_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RELIVE_DATA", "/from/the/environment")
    assert load_settings(data=Path("/given")).data == Path("/given")
    assert load_settings(data=None).data == Path("/from/the/environment")


@given(runners=st.integers(-2, 70), depth=st.integers(0, 32))
def test_runners_suffice_for_the_deepest_nesting(runners: int, depth: int) -> None:
    if runners > depth:
        assert Settings(runners=runners, depth=depth).runners == runners
    else:
        with pytest.raises(ValidationError, match=f"need at least {depth + 1}"):
            Settings(runners=runners, depth=depth)


def test_every_setting_has_a_description_and_a_variable() -> None:
    assert all(field.description for field in Settings.model_fields.values())
    assert environment_names() == [f"RELIVE_{name.upper()}" for name in Settings.model_fields]


def test_misspelt_variables_are_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RELIVE_BUDGET_SECOND", "5")
    monkeypatch.setenv("RELIVE_DATA", "somewhere")
    assert unknown_environment_names() == ["RELIVE_BUDGET_SECOND"]
