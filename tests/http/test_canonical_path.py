"""Every spelling of a path becomes the same one."""

from urllib.parse import quote, unquote

from hypothesis import given
from hypothesis import strategies as st

from runtime.http.request import read_event

SEGMENT = st.text(st.one_of(st.sampled_from("ab09._~-%/\n é"), st.characters()), max_size=6)


def canonical(path: str) -> str:
    return read_event({"rawPath": path}, "").path


@given(st.lists(SEGMENT, max_size=4).map("/".join), st.sampled_from(["", "/"]))
def test_each_segment_is_decoded_and_encoded(path: str, end: str) -> None:
    text = "/" + path.encode("utf-8", "replace").decode() + end
    segments = text.removesuffix("/").split("/")[1:]
    assert canonical(text) == "/" + "/".join(quote(unquote(segment), safe="") for segment in segments)
