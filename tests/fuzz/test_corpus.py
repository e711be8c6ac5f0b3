"""Every input that is kept keeps its promise."""

import pytest

from tests.fuzz.conftest import Opened
from tests.fuzz.kept import Corpus
from tests.fuzz.places import CORPUS
from tests.fuzz.targets import TARGETS

MOST_BYTES = 1_000_000
"""Of all inputs together; the corpus is part of the repository."""


@pytest.mark.parametrize("name", TARGETS)
def test_inputs_that_are_kept_keep_their_promises(opened: Opened, name: str) -> None:
    attempt, inputs = opened(name), list(Corpus(CORPUS).inputs(name))
    assert inputs, "a target without a seed"
    broken = {}
    for input_name, data in inputs:
        try:
            attempt(data)
        except Exception as error:
            broken[input_name] = repr(error)
    assert broken == {}


def test_the_corpus_is_small_and_every_folder_has_a_target() -> None:
    assert {path.name for path in CORPUS.iterdir()} == set(TARGETS)
    assert sum(path.stat().st_size for path in CORPUS.rglob("*") if path.is_file()) < MOST_BYTES
