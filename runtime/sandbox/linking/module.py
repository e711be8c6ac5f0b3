"""A WebAssembly module, taken apart as far as merging modules needs it."""

from collections.abc import Callable
from dataclasses import dataclass, field

from runtime.sandbox.linking.binary import PREAMBLE, NotAsExpected, Reader, name, number, section, sections, vector

MAGIC = b"\0asm\1\0\0\0"

CUSTOM, TYPE, IMPORT, FUNCTION, TABLE, MEMORY, GLOBAL, EXPORT, START, ELEMENT, CODE, DATA, DATA_COUNT = range(13)
"""The sections of a module (WebAssembly, binary format)."""

IGNORED = (CUSTOM, DATA_COUNT)

FUNCTIONS, TABLES, MEMORIES, GLOBALS = range(4)
"""The sorts of what a module can import and export."""

FUNCTION_TYPE = 0x60
I32_CONST, I64_CONST, GLOBAL_GET, END = 0x41, 0x42, 0x23, 0x0B
I32_ADD, I32_SUB = 0x6A, 0x6B
LIMITS_WITH_MAXIMUM = 0x01


@dataclass(frozen=True)
class Import:
    module: str
    name: str
    sort: int
    description: bytes
    """As it stands in the binary; of a function, the number of its type."""


@dataclass(frozen=True)
class Export:
    name: str
    sort: int
    index: int


@dataclass(frozen=True)
class Global:
    """`type` has a byte for the type of the value, and one that is 1 if it may change. `start` is an expression."""

    type: bytes
    start: bytes


@dataclass(frozen=True)
class Elements:
    """Functions that are put into a table, from the place on that the expression `offset` tells."""

    offset: bytes
    functions: list[int]


@dataclass
class Module:
    """Whatever has a number among its like is in a list of what this module defines; imports come before it."""

    types: list[bytes] = field(default_factory=list)
    imports: list[Import] = field(default_factory=list)
    functions: list[int] = field(default_factory=list)
    tables: list[bytes] = field(default_factory=list)
    memories: list[bytes] = field(default_factory=list)
    globals: list[Global] = field(default_factory=list)
    exports: list[Export] = field(default_factory=list)
    elements: list[Elements] = field(default_factory=list)
    bodies: list[bytes] = field(default_factory=list)
    data: bytes = b"\0"
    """The section as it is: no number in it is one that changes."""

    def imported(self, sort: int) -> list[Import]:
        return [each for each in self.imports if each.sort == sort]

    @classmethod
    def read(cls, content: bytes) -> "Module":
        """Raises NotAsExpected for what cannot be linked, such as a start function."""
        module = cls()
        for identifier, start, end in sections(content, PREAMBLE, len(content)):
            if identifier == DATA:
                module.data = content[start:end]
            elif identifier in _READ:
                part, read = _READ[identifier]
                reader = Reader(content, start)
                setattr(module, part, [read(reader) for _ in range(reader.number())])
            elif identifier not in IGNORED:
                raise NotAsExpected(f"A module has a section of the kind {identifier}.")
        return module

    def written(self) -> bytes:
        """The module as a binary."""
        parts = (
            (TYPE, self.types),
            (IMPORT, [_written_import(each) for each in self.imports]),
            (FUNCTION, [number(each) for each in self.functions]),
            (TABLE, self.tables),
            (MEMORY, self.memories),
            (GLOBAL, [each.type + each.start for each in self.globals]),
            (EXPORT, [name(each.name) + bytes((each.sort,)) + number(each.index) for each in self.exports]),
            (ELEMENT, [_written_elements(each) for each in self.elements]),
            (CODE, [number(len(each)) + each for each in self.bodies]),
        )
        return MAGIC + b"".join(section(kind, vector(items)) for kind, items in parts) + section(DATA, self.data)


def _function_type(reader: Reader) -> bytes:
    start = reader.at
    if reader.byte() != FUNCTION_TYPE:
        raise NotAsExpected("A module has a type that is not one of a function.")
    reader.take(reader.number())
    reader.take(reader.number())
    return reader.since(start)


def _import(reader: Reader) -> Import:
    module, name, sort, start = reader.name(), reader.name(), reader.byte(), reader.at
    match sort:
        case 0:
            reader.number()
        case 1:
            reader.byte()
            _limits(reader)
        case 2:
            _limits(reader)
        case 3:
            reader.take(2)
        case _:
            raise NotAsExpected(f"A module imports something of the kind {sort}.")
    return Import(module, name, sort, reader.since(start))


def _limits(reader: Reader) -> bytes:
    start = reader.at
    flags = reader.byte()
    reader.number()
    if flags == LIMITS_WITH_MAXIMUM:
        reader.number()
    elif flags:
        raise NotAsExpected("A memory or table is of a kind that is not known here.")
    return reader.since(start)


def _expression(reader: Reader) -> bytes:
    start = reader.at
    while (operation := reader.byte()) != END:
        if operation in (I32_CONST, I64_CONST):
            reader.number(signed=True)
        elif operation == GLOBAL_GET:
            reader.number()
        elif operation not in (I32_ADD, I32_SUB):
            raise NotAsExpected(f"An initial value is computed by the instruction {operation}.")
    return reader.since(start)


def _elements(reader: Reader) -> Elements:
    kind = reader.number()
    if kind == 2 and reader.number() != 0:
        raise NotAsExpected("A module has a second table.")
    if kind not in (0, 2):
        raise NotAsExpected(f"A module has elements of the kind {kind}.")
    offset = _expression(reader)
    if kind == 2:
        reader.byte()  # which says that they are functions
    return Elements(offset, reader.vector(reader.number))


def _written_import(each: Import) -> bytes:
    return name(each.module) + name(each.name) + bytes((each.sort,)) + each.description


def _written_elements(each: Elements) -> bytes:
    return b"\0" + each.offset + vector([number(function) for function in each.functions])


def _body(reader: Reader) -> bytes:
    return reader.take(reader.number())


def _table(reader: Reader) -> bytes:
    return reader.take(1) + _limits(reader)


def _global(reader: Reader) -> Global:
    return Global(reader.take(2), _expression(reader))


def _export(reader: Reader) -> Export:
    return Export(reader.name(), reader.byte(), reader.number())


_READ: dict[int, tuple[str, Callable[[Reader], object]]] = {
    TYPE: ("types", _function_type),
    IMPORT: ("imports", _import),
    FUNCTION: ("functions", Reader.number),
    TABLE: ("tables", _table),
    MEMORY: ("memories", _limits),
    GLOBAL: ("globals", _global),
    EXPORT: ("exports", _export),
    ELEMENT: ("elements", _elements),
    CODE: ("bodies", _body),
}
