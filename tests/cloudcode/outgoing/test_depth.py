import pytest
from hypothesis import given
from hypothesis import strategies as st

from runtime.cloudcode.outgoing.depth import DepthSigner
from runtime.cloudcode.outgoing.depth_key import derived_from

NOW = 1_700_000_000.0
SIGNER = DepthSigner(derived_from("a master key"), clock=lambda: NOW)
SIGNED = SIGNER.sign(3)


def at(seconds: float, master_key: str = "a master key") -> DepthSigner:
    return DepthSigner(derived_from(master_key), clock=lambda: NOW + seconds)


CASES = [
    ("absent", at(0), None, 0),
    ("fresh", at(0), SIGNED, 3),
    ("a-request-later", at(800), SIGNED, 3),
    ("too-old", at(901), SIGNED, 0),
    ("clock-a-little-behind", at(-30), SIGNED, 3),
    ("from-the-future", at(-61), SIGNED, 0),
    ("other-key", at(0, "another key"), SIGNED, 0),
    ("empty", at(0), "", 0),
    ("number-alone", at(0), "7", 0),
    ("no-signature", at(0), SIGNED.rpartition(".")[0] + ".", 0),
    ("other-depth", at(0), "2" + SIGNED[1:], 0),
    ("twice", at(0), f"{SIGNED}, {SIGNED}", 0),
    ("not-ascii", at(0), "³" + SIGNED[1:], 0),
    ("long", at(0), "9" * 100_000, 0),
]


@pytest.mark.parametrize(("signer", "value", "depth"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_verify(signer: DepthSigner, value: str | None, depth: int) -> None:
    assert signer.verify(value) == depth


def test_processes_with_the_same_master_key_agree() -> None:
    first, second = (DepthSigner(derived_from("a master key")) for _ in range(2))
    assert first.verify(second.sign(8)) == 8


def test_an_empty_master_key_is_refused() -> None:
    with pytest.raises(ValueError, match="master key"):
        derived_from("")


@given(st.integers(0, len(SIGNED) - 1), st.characters())
def test_a_changed_value_counts_as_none(position: int, character: str) -> None:
    changed = SIGNED[:position] + character + SIGNED[position + 1 :]
    assert SIGNER.verify(changed) == (3 if changed == SIGNED else 0)
