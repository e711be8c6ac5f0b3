"""Reading and changing the memory that a component starts with."""

import pytest
from wasmtime import wat2wasm

from runtime.sandbox.immortal import MARK, make_immortal
from runtime.sandbox.linking.binary import NotAsExpected
from runtime.sandbox.memory_image import WASM_PAGE, MemoryImage, take_out


def component(*data: str) -> bytes:
    """A component whose one module has these pieces of data."""
    return bytes(wat2wasm(f"(component (core module (memory 2) {' '.join(data)}))"))


TWO_PIECES = component('(data (i32.const 16) "abcdef")', '(data (i32.const 70000) "xyz")')


class TestReading:
    @pytest.mark.parametrize(
        ("address", "size", "expected"),
        [
            pytest.param(16, 6, b"abcdef", id="a piece"),
            pytest.param(18, 2, b"cd", id="the middle of a piece"),
            pytest.param(14, 4, b"\0\0ab", id="zeros before it"),
            pytest.param(20, 4, b"ef\0\0", id="zeros after it"),
            pytest.param(0, 4, b"\0\0\0\0", id="nothing"),
            pytest.param(70_001, 5, b"yz\0\0\0", id="the last piece"),
            pytest.param(20, 69_990, b"ef" + bytes(69_978) + b"xyz" + bytes(7), id="over two pieces"),
        ],
    )
    def test_what_memory_holds(self, address: int, size: int, expected: bytes) -> None:
        assert MemoryImage(TWO_PIECES).read(address, size) == expected

    def test_a_word(self) -> None:
        assert MemoryImage(component('(data (i32.const 8) "\\01\\02")')).word(8) == 0x0201

    def test_where_it_is_in_the_component(self) -> None:
        image = MemoryImage(TWO_PIECES)
        offset = image.offset(17, 3)
        assert offset is not None
        assert image.component[offset : offset + 3] == b"bcd"
        assert image.offset(20, 4) is None
        assert image.offset(3, 4) is None

    def test_what_is_there_once_is_found(self) -> None:
        assert MemoryImage(TWO_PIECES).find(b"yz") == 70_001

    @pytest.mark.parametrize("times", [0, 2])
    def test_what_is_not_there_once_is_refused(self, times: int) -> None:
        image = MemoryImage(component('(data (i32.const 0) "-")', *['(data (i32.const 9) "mark")'] * times))
        with pytest.raises(NotAsExpected, match=f"is {times} times"):
            image.find(b"mark")


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        pytest.param(component(), "has no data", id="no data"),
        pytest.param(
            bytes(
                wat2wasm(
                    "(component (core module (memory 1) (global $g i32 (i32.const 0)) (data (global.get $g) 'a')))".replace(
                        "'", '"'
                    )
                )
            ),
            "no fixed address",
            id="data that is placed later",
        ),
    ],
)
def test_a_component_of_another_kind(given: bytes, sentence: str) -> None:
    with pytest.raises(NotAsExpected, match=sentence):
        MemoryImage(given)


class TestImmortal:
    def test_a_component_without_the_note(self) -> None:
        with pytest.raises(NotAsExpected, match="is 0 times"):
            make_immortal(TWO_PIECES)

    def test_too_few_objects(self) -> None:
        with pytest.raises(NotAsExpected, match="Only 0 objects"):
            make_immortal(component(f'(data (i32.const 64) "{MARK.decode()}\\01\\00\\00\\00\\ff")'))


class TestTakingOut:
    def test_the_memory_is_what_the_data_would_make_of_it(self) -> None:
        rest, memory = take_out(TWO_PIECES)
        expected = bytearray(2 * WASM_PAGE)
        expected[16:22], expected[70_000:70_003] = b"abcdef", b"xyz"
        assert memory == expected
        assert b"abcdef" not in rest

    def test_the_rest_is_a_component_without_data(self) -> None:
        rest, _ = take_out(TWO_PIECES)
        assert rest == component()

    @pytest.mark.parametrize(
        ("modules", "sentence"),
        [
            pytest.param('(core module (data "a"))', "has no fixed address", id="data without a place"),
            pytest.param(
                '(core module (memory 1) (data (i32.const 0) "a")) (core module (memory 1))',
                "has 2 memories instead of one",
                id="two memories",
            ),
            pytest.param(
                '(core module (memory 1) (data (i32.const 0) "a") (func (data.drop 0)))',
                "reads its data when it runs",
                id="data that is used later",
            ),
        ],
    )
    def test_what_is_not_as_expected_is_refused(self, modules: str, sentence: str) -> None:
        with pytest.raises(NotAsExpected, match=sentence):
            take_out(bytes(wat2wasm(f"(component {modules})")))
