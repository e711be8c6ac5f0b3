"""Reads what is wrong from the error of a check that must fail."""

from typing import Any

import pytest

from runtime.errors import ReliveError


def problem_of(check: Any, *arguments: Any) -> str:
    """What is said behind the sentence of the 601 that the call must end in."""
    with pytest.raises(ReliveError) as raised:
        check(*arguments)
    assert raised.value.code == 601
    sentence, _, problems = raised.value.message.partition(". ")
    assert sentence == "Invalid request"
    return problems
