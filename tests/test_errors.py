"""The catalogue is the protocol's table of errors, and one exception carries its entries."""

import csv
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runtime.errors import CATALOGUE, CatalogueEntry, ReliveError

TABLE = Path(__file__).parent / "error-codes.csv"
BEYOND_THE_TABLE = {1, 614, 617, 618, 951, 955}

CODES = sorted(CATALOGUE)


def rows_of_the_table() -> list[CatalogueEntry]:
    with TABLE.open(newline="") as file:
        return [
            CatalogueEntry(int(row["code"]), int(row["http_status"]), row["message"]) for row in csv.DictReader(file)
        ]


@pytest.mark.parametrize("row", rows_of_the_table(), ids=lambda row: str(row.code))
def test_an_entry_is_the_row_of_the_table(row: CatalogueEntry) -> None:
    assert CATALOGUE[row.code] == row


def test_the_catalogue_holds_the_table_and_six_codes_more() -> None:
    table = {row.code for row in rows_of_the_table()}
    assert len(table) == 46
    assert set(CATALOGUE) - table == BEYOND_THE_TABLE


@pytest.mark.parametrize("code", CODES)
def test_an_entry_makes_an_error_answer(code: int) -> None:
    entry = CATALOGUE[code]
    assert entry.code == code
    assert 400 <= entry.status <= 599
    assert entry.message


MESSAGES = {
    "the sentence alone": (600, "", "Not found."),
    "the sentence, then specifics": (600, "There is no app 'x'.", "Not found. There is no app 'x'."),
    "a sentence without its full stop gets one": (902, "It took too long.", "Server timed Out. It took too long."),
    "but not at the end": (902, "", "Server timed Out"),
}


@pytest.mark.parametrize(("code", "specifics", "message"), MESSAGES.values(), ids=MESSAGES.keys())
def test_the_message(code: int, specifics: str, message: str) -> None:
    error = ReliveError(code, specifics)
    assert (error.code, error.status, error.message) == (code, CATALOGUE[code].status, message)
    assert str(error) == message


@given(st.sampled_from(CODES), st.text())
def test_every_message_begins_with_the_sentence_of_the_catalogue(code: int, specifics: str) -> None:
    error = ReliveError(code, specifics)
    assert error.message.startswith(CATALOGUE[code].message)
    assert error.message.endswith(specifics)


def test_a_code_that_is_not_in_the_catalogue() -> None:
    with pytest.raises(KeyError):
        ReliveError(4711)


def test_details_are_a_copy() -> None:
    details = {"file": "functions/order.py"}
    error = ReliveError(901, details=details)
    details["file"] = "changed"
    assert error.details == {"file": "functions/order.py"}
    assert ReliveError(901).details == {}


@given(code=st.integers(min_value=1), status=st.integers(400, 599), message=st.text())
def test_an_error_of_user_code(code: int, status: int, message: str) -> None:
    error = ReliveError.custom(code, status, message, details={"line": 3})
    assert (error.code, error.status, error.message, str(error)) == (code, status, message, message)
    assert error.details == {"line": 3}
