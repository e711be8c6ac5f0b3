"""Links modules, each of which imports from others, into one."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from runtime.sandbox.linking.binary import NotAsExpected, Reader, number, signed_number
from runtime.sandbox.linking.instructions import Renumbering, rewritten, uses
from runtime.sandbox.linking.module import (
    END,
    FUNCTIONS,
    GLOBAL_GET,
    GLOBALS,
    I32_ADD,
    I32_CONST,
    I32_SUB,
    MEMORIES,
    TABLES,
    Elements,
    Export,
    Global,
    Import,
    Module,
)

I32 = 0x7F
WORD = 1 << 32

IMPORTED_FROM = ""
"""The one name that the linked module imports from."""


@dataclass(frozen=True)
class Defined:
    """What the module of that position defines: the number among all of its sort there, imports included."""

    module: int
    sort: int
    index: int


@dataclass(frozen=True)
class Outside:
    """What no module defines, by the sort and number that it has outside of them."""

    sort: int
    index: int


Target = Defined | Outside
Resolve = Callable[[int, Import], Target]
"""What it is that the module of that position imports. If that is an import in turn, it is asked for again."""


class Linker:
    """`exported` is to be exported by the linked module, under its position there as a name."""

    def __init__(self, modules: Sequence[Module], resolve: Resolve, exported: Sequence[Target]) -> None:
        self._modules = modules
        self._imports = [[module.imported(sort) for sort in range(4)] for module in modules]
        self._resolve = resolve
        self._exported = [self._origin(each) for each in exported]
        self._linked = Module()
        self._types: dict[bytes, int] = {}
        self._changed: set[Defined] = set()
        self._functions: dict[Target, int] = {}
        self._globals: dict[Target, int] = {}
        self.outside: list[Outside] = []
        """What the linked module imports, each under its position here as a name. Known once it is linked."""

    def link(self) -> Module:
        """One module that does what all did. Raises NotAsExpected."""
        linked = self._linked
        functions = self._live_functions()
        self._number_functions(functions)
        self._number_globals()
        linked.functions = [self._type_of(each) for each in functions]
        linked.bodies = self._bodies(functions)
        linked.tables = [self._only([table for module in self._modules for table in module.tables], "table")]
        linked.memories = [self._only([memory for module in self._modules for memory in module.memories], "memory")]
        linked.data = self._only([module.data for module in self._modules if module.data != Module.data], "data")
        linked.elements = [
            Elements(_constant(self._computed(at, each.offset)) + bytes((END,)), self._numbers(at, each.functions))
            for at, module in enumerate(self._modules)
            for each in module.elements
        ]
        linked.exports = [
            Export(str(position), each.sort, self._number(each)) for position, each in enumerate(self._exported)
        ]
        linked.types = list(self._types)
        return linked

    def _origin(self, target: Target) -> Target:
        """Where something is defined that may have been imported and exported again."""
        while isinstance(target, Defined):
            imported = self._imports[target.module][target.sort]
            if target.index >= len(imported):
                return target
            target = self._resolve(target.module, imported[target.index])
        return target

    def _live_functions(self) -> list[Defined]:
        """The functions that can be called, in order; what they change and call outside is noted on the way."""
        roots = [each for each in self._exported if each.sort == FUNCTIONS]
        for at, module in enumerate(self._modules):
            roots += [self._function(at, index) for each in module.elements for index in each.functions]
        live: set[Target] = set()
        while roots:
            function = roots.pop()
            if function in live:
                continue
            live.add(function)
            if isinstance(function, Outside):
                continue
            called, changed = uses(self._body_of(function))
            roots += [self._function(function.module, index) for index in called]
            for index in changed:
                origin = self._origin(Defined(function.module, GLOBALS, index))
                if isinstance(origin, Outside):
                    raise NotAsExpected("A module changes something outside of all modules.")
                self._changed.add(origin)
        self.outside = sorted((each for each in live if isinstance(each, Outside)), key=lambda each: each.index)
        defined = [each for each in live if isinstance(each, Defined)]
        return sorted(defined, key=lambda each: (each.module, each.index))

    def _number_functions(self, functions: Sequence[Defined]) -> None:
        types = self._types_outside()
        for position, each in enumerate(self.outside):
            description = number(self._type(types[each]))
            self._linked.imports.append(Import(IMPORTED_FROM, str(position), FUNCTIONS, description))
        numbered: list[Target] = [*self.outside, *functions]
        self._functions = {each: at for at, each in enumerate(numbered)}

    def _types_outside(self) -> dict[Target, bytes]:
        types: dict[Target, bytes] = {}
        for at, module in enumerate(self._modules):
            for index, each in enumerate(self._imports[at][FUNCTIONS]):
                types[self._function(at, index)] = module.types[Reader(each.description).number()]
        return types

    def _number_globals(self) -> None:
        exported = {each for each in self._exported if each.sort == GLOBALS}
        kept = sorted(
            (each for each in self._changed | exported if isinstance(each, Defined)),
            key=lambda each: (each.module, each.index),
        )
        self._globals = {each: at for at, each in enumerate(kept)}
        for each in kept:
            declared = self._global(each)
            start = _constant(self._computed(each.module, declared.start)) + bytes((END,))
            self._linked.globals.append(Global(declared.type, start))

    def _bodies(self, functions: Sequence[Defined]) -> list[bytes]:
        numbers = [self._renumbering(at) for at in range(len(self._modules))]
        return [rewritten(self._body_of(each), numbers[each.module]) for each in functions]

    def _renumbering(self, at: int) -> Renumbering:
        module = self._modules[at]
        count = len(self._imports[at][FUNCTIONS]) + len(module.functions)
        globals = [
            self._origin(Defined(at, GLOBALS, index))
            for index in range(len(self._imports[at][GLOBALS]) + len(module.globals))
        ]
        return Renumbering(
            # Who calls a function that has no number is not called itself.
            functions=[self._functions.get(self._function(at, index), -1) for index in range(count)],
            types=[self._type(each) for each in module.types],
            globals=[self._globals.get(each, -1) for each in globals],
            reads=[self._read(each) for each in globals],
        )

    def _read(self, place: Target) -> bytes:
        if place in self._globals:
            return bytes((GLOBAL_GET,)) + number(self._globals[place])
        return _constant(self._value(place))

    def _value(self, place: Target) -> int:
        """What a global is that never changes."""
        if isinstance(place, Outside) or place in self._changed:
            raise NotAsExpected("A module needs the value of something that is not known or changes.")
        return self._computed(place.module, self._global(place).start)

    def _computed(self, at: int, expression: bytes) -> int:
        reader, values = Reader(expression), list[int]()
        while (operation := reader.byte()) != END:
            if operation == I32_CONST:
                values.append(reader.number(signed=True))
            elif operation == GLOBAL_GET:
                origin = self._origin(Defined(at, GLOBALS, reader.number()))
                assert isinstance(origin, Defined), "no module imports a global from outside"
                values.append(self._computed(origin.module, self._global(origin).start))
            elif operation in (I32_ADD, I32_SUB):
                right, left = values.pop(), values.pop()
                values.append(left + right if operation == I32_ADD else left - right)
            else:
                raise NotAsExpected("An initial value is not a whole number of 32 bits.")
        (value,) = values
        return (value + WORD // 2) % WORD - WORD // 2

    def _global(self, place: Defined) -> Global:
        declared = self._modules[place.module].globals[place.index - len(self._imports[place.module][GLOBALS])]
        if declared.type[0] != I32:
            raise NotAsExpected("A global is not a whole number of 32 bits.")
        return declared

    def _body_of(self, place: Defined) -> bytes:
        return self._modules[place.module].bodies[place.index - len(self._imports[place.module][FUNCTIONS])]

    def _type_of(self, place: Defined) -> int:
        module = self._modules[place.module]
        return self._type(module.types[module.functions[place.index - len(self._imports[place.module][FUNCTIONS])]])

    def _type(self, type: bytes) -> int:
        return self._types.setdefault(type, len(self._types))

    def _function(self, at: int, index: int) -> Target:
        return self._origin(Defined(at, FUNCTIONS, index))

    def _numbers(self, at: int, functions: Sequence[int]) -> list[int]:
        return [self._functions[self._function(at, index)] for index in functions]

    def _number(self, place: Target) -> int:
        if place.sort in (TABLES, MEMORIES):
            return 0
        return self._functions[place] if place.sort == FUNCTIONS else self._globals[place]

    def _only(self, found: Sequence[bytes], what: str) -> bytes:
        if len(found) != 1:
            raise NotAsExpected(f"The modules have {len(found)} times a {what}, instead of once.")
        return found[0]


def _constant(value: int) -> bytes:
    return bytes((I32_CONST,)) + signed_number(value)
