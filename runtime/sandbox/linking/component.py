"""A WebAssembly component, taken apart as far as its core modules and what joins them go (component model, binary)."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from runtime.sandbox.linking.binary import PREAMBLE, NotAsExpected, Reader, name, number, section, sections, vector

CUSTOM, CORE_MODULE, CORE_INSTANCE, ALIAS, CANONICAL = 0, 1, 2, 6, 8
"""The sections that matter here."""

CORE_FUNCTION, CORE_MEMORY = 0, 2
CORE_INSTANCE_SORT = 0x12

LIFT, LOWER = 0, 1
RESOURCE_FUNCTIONS = (2, 3, 4)
MEMORY_OPTION, REALLOC_OPTION, POST_RETURN_OPTION = 3, 4, 5
"""Options of canonical functions that have a number: of a memory, and of core functions."""


@dataclass(frozen=True)
class CoreModule:
    content: bytes


@dataclass(frozen=True)
class Instance:
    """A core module at work. `imports` has, for each name that it imports from, the number of a core instance."""

    module: int
    imports: Mapping[str, int]


@dataclass(frozen=True)
class Bundle:
    """A core instance made of what is there: by name, a sort and a number."""

    exports: Mapping[str, tuple[int, int]]


@dataclass(frozen=True)
class CoreAlias:
    """What a core instance exports, as one more of its sort."""

    sort: int
    instance: int
    name: str


@dataclass(frozen=True)
class Canonical:
    """A function that crosses the border of a component. All but those that lift are core functions.

    `lifted` is the core function that becomes one of the component; `start` and `end` are the rest of the binary.
    An option may have the number of a memory or of a core function.
    """

    start: bytes
    lifted: int | None
    options: tuple[tuple[int, int | None], ...] | None
    end: bytes


@dataclass(frozen=True)
class Other:
    """A section, or a part of one, that has none of the numbers that change here."""

    section: int
    content: bytes


Definition = CoreModule | Instance | Bundle | CoreAlias | Canonical | Other


def definitions(component: bytes) -> Iterator[Definition]:
    """What a component consists of, in order. Leaves custom sections out. Raises NotAsExpected."""
    for identifier, start, end in sections(component, PREAMBLE, len(component)):
        if identifier == CUSTOM:
            continue
        if identifier == CORE_MODULE:
            yield CoreModule(component[start:end])
        elif identifier in _READ:
            reader = Reader(component, start)
            for _ in range(reader.number()):
                yield _READ[identifier](reader)
        else:
            yield Other(identifier, component[start:end])


def written(definition: Definition) -> bytes:
    """The section of a component that has just this definition."""
    match definition:
        case CoreModule(content):
            return section(CORE_MODULE, content)
        case Instance(module, imports):
            instances = [name(each) + bytes((CORE_INSTANCE_SORT,)) + number(at) for each, at in imports.items()]
            return section(CORE_INSTANCE, b"\1\0" + number(module) + vector(instances))
        case Bundle(exports):
            things = [name(each) + bytes((sort,)) + number(at) for each, (sort, at) in exports.items()]
            return section(CORE_INSTANCE, b"\1\1" + vector(things))
        case CoreAlias(sort, instance, text):
            return section(ALIAS, bytes((1, 0, sort, 1)) + number(instance) + name(text))
        case Canonical(start, lifted, options, end):
            core = b"" if lifted is None else number(lifted)
            listed = b"" if options is None else vector([_option(*each) for each in options])
            return section(CANONICAL, b"\1" + start + core + listed + end)
        case Other(identifier, content):
            return section(identifier, content)


def _option(kind: int, at: int | None) -> bytes:
    return bytes((kind,)) + (b"" if at is None else number(at))


def _core_instance(reader: Reader) -> Definition:
    if reader.byte() == 0:
        module = reader.number()
        return Instance(module, dict(reader.vector(lambda: (reader.name(), _numbered_instance(reader)))))
    return Bundle(dict(reader.vector(lambda: (reader.name(), (reader.byte(), reader.number())))))


def _numbered_instance(reader: Reader) -> int:
    if reader.byte() != CORE_INSTANCE_SORT:
        raise NotAsExpected("A core module is given something else than an instance.")
    return reader.number()


def _alias(reader: Reader) -> Definition:
    start = reader.at
    sort = reader.byte()
    core_sort = reader.byte() if sort == 0 else None
    target = reader.byte()
    if target not in (0, 1):
        raise NotAsExpected("The component has an alias of something outside of it.")
    instance, text = reader.number(), reader.name()
    if target == 1 and core_sort is not None:
        return CoreAlias(core_sort, instance, text)
    return Other(ALIAS, b"\1" + reader.since(start))


def _canonical(reader: Reader) -> Definition:
    start = reader.at
    kind = reader.byte()
    if kind in RESOURCE_FUNCTIONS:
        reader.number()
        return Canonical(reader.since(start), None, None, b"")
    if kind not in (LIFT, LOWER):
        raise NotAsExpected(f"The component has a canonical function of the kind {kind}.")
    reader.byte()
    if kind == LOWER:
        reader.number()
        return Canonical(reader.since(start), None, _options(reader), b"")
    before, lifted, options, at = reader.since(start), reader.number(), _options(reader), reader.at
    reader.number()
    return Canonical(before, lifted, options, reader.since(at))


def _options(reader: Reader) -> tuple[tuple[int, int | None], ...]:
    return tuple(reader.vector(lambda: _read_option(reader, reader.byte())))


def _read_option(reader: Reader, kind: int) -> tuple[int, int | None]:
    has_number = kind in (MEMORY_OPTION, REALLOC_OPTION, POST_RETURN_OPTION)
    return kind, reader.number() if has_number else None


def option_sort(kind: int) -> int:
    """Of what sort it is that an option of a canonical function has the number of."""
    return CORE_MEMORY if kind == MEMORY_OPTION else CORE_FUNCTION


_READ = {CORE_INSTANCE: _core_instance, ALIAS: _alias, CANONICAL: _canonical}
