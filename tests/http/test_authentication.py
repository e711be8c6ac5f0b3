"""The rules of credentials that the table of errors cannot show."""

import pytest

from runtime.errors import ReliveError
from runtime.http.authentication import Authentication
from runtime.http.master_key import ConfiguredMasterKey
from runtime.http.request import read_event
from tests.function_url import make_event


@pytest.mark.parametrize("header", ["MasterKey", "MasterKey ", "MasterKey x"])
def test_without_a_master_key_nobody_has_it(header: str) -> None:
    authentication = Authentication(ConfiguredMasterKey(""))
    request = read_event(make_event("GET", "/", {"Authorization": header}), "request-1")
    assert not authentication.is_master(request)
    with pytest.raises(ReliveError) as refused:
        authentication.principal(request)
    assert refused.value.code == 604


def test_a_key_of_any_characters() -> None:
    key = "schlüssel mit Leerzeichen→"
    request = read_event(make_event("GET", "/", {"Authorization": f"MasterKey {key}"}), "request-1")
    assert Authentication(ConfiguredMasterKey(key)).principal(request).is_master
