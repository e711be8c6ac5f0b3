"""Makes one module of those that a component is linked from.

componentize-py builds a guest of about ten modules that share one memory and one table. For each instance the engine
joins their thousands of imports and exports, and puts thousands of functions into the table one by one. In one module
all of that is known when it is compiled, a function gets into the table when it is first used, and addresses that
never change are constants.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from runtime.sandbox.linking.binary import PREAMBLE, NotAsExpected
from runtime.sandbox.linking.component import (
    CORE_FUNCTION,
    Bundle,
    Canonical,
    CoreAlias,
    CoreModule,
    Definition,
    Instance,
    definitions,
    option_sort,
    written,
)
from runtime.sandbox.linking.linker import IMPORTED_FROM, Defined, Linker, Outside, Target
from runtime.sandbox.linking.module import Import, Module

Thing = tuple[int, int]
"""A sort of core things, and the number of one of them."""


def merge_modules(component: bytes) -> bytes:
    """The component with one module in place of all that share a memory. Raises NotAsExpected."""
    parts = Parts(list(definitions(component)))
    merged = Merged(parts)
    return component[:PREAMBLE] + b"".join(map(written, _Rebuilding(parts, merged).definitions()))


class Parts:
    """What a component consists of, by the numbers that it has there."""

    def __init__(self, all: Sequence[Definition]) -> None:
        self.all = all
        self.modules = [each for each in all if isinstance(each, CoreModule)]
        self.instances = [each for each in all if isinstance(each, Instance | Bundle)]
        self.things: dict[Thing, CoreAlias | Canonical] = {}
        self.places: dict[Thing, int] = {}
        self.numbers: dict[int, Thing] = {}
        numbers = Numbers()
        for place, each in enumerate(all):
            if isinstance(each, CoreAlias) or (isinstance(each, Canonical) and each.lifted is None):
                thing = numbers.next_of(each)
                self.things[thing], self.places[thing], self.numbers[id(each)] = each, place, thing

    def exported(self, instance: int, name: str) -> Thing | None:
        """What a bundle has under a name; None for an instance of a module."""
        found = self.instances[instance]
        return found.exports[name] if isinstance(found, Bundle) else None


class Numbers:
    """Gives each core thing the next number of its sort."""

    def __init__(self) -> None:
        self._next: dict[int, int] = {}

    def next_of(self, definition: CoreAlias | Canonical) -> Thing:
        sort = definition.sort if isinstance(definition, CoreAlias) else CORE_FUNCTION
        number = self._next.get(sort, 0)
        self._next[sort] = number + 1
        return sort, number


class Merged:
    """The instances that become one, and what is in them."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._modules = {
            at: Module.read(parts.modules[instance.module].content)
            for at, instance in enumerate(parts.instances)
            if isinstance(instance, Instance)
        }
        self.members = self._members()
        self._exports = [
            {export.name: (export.sort, export.index) for export in self._modules[at].exports} for at in self.members
        ]

    def link(self, needed: Sequence[Thing]) -> Linker:
        """What links them, so that the things of them that are needed by others are exported."""
        modules = [self._modules[at] for at in self.members]
        return Linker(modules, self._resolve, [self._target(self._origin(thing)) for thing in needed])

    def has(self, thing: Thing) -> bool:
        return isinstance(self._target(self._origin(thing)), Defined)

    def _members(self) -> list[int]:
        """Those that use the memory of one of them, but for what is made only once that memory is there."""
        members: list[int] = []
        for at, instance in enumerate(self._parts.instances):
            if not isinstance(instance, Instance):
                continue
            used = [self._imported(at, each) for each in self._modules[at].imports]
            later = any(isinstance(each, Canonical) and each.options for each in used)
            shares = any(isinstance(each, CoreAlias) and each.instance in members for each in used)
            if self._modules[at].memories or (shares and not later):
                members.append(at)
        return members

    def _imported(self, at: int, each: Import) -> CoreAlias | Canonical:
        instance = self._parts.instances[at]
        assert isinstance(instance, Instance), "bundles import nothing"
        source = instance.imports[each.module]
        thing = self._parts.exported(source, each.name)
        return self._origin(thing) if thing else CoreAlias(each.sort, source, each.name)

    def _origin(self, thing: Thing) -> CoreAlias | Canonical:
        """What made it, which is no bundle."""
        made = self._parts.things[thing]
        while isinstance(made, CoreAlias) and (inner := self._parts.exported(made.instance, made.name)):
            made = self._parts.things[inner]
        return made

    def _target(self, made: CoreAlias | Canonical) -> Target:
        if isinstance(made, CoreAlias) and made.instance in self.members:
            position = self.members.index(made.instance)
            return Defined(position, *self._exports[position][made.name])
        return Outside(*self._parts.numbers[id(made)])

    def _resolve(self, position: int, each: Import) -> Target:
        return self._target(self._imported(self.members[position], each))


class _Rebuilding:
    """Goes through a component, leaves out what only its merged modules needed, and gives new numbers to the rest."""

    def __init__(self, parts: Parts, merged: Merged) -> None:
        self._parts = parts
        self._merged = merged
        self._needed: dict[Thing, None] = {}
        self._kept_things: set[Thing] = set()
        self._kept_instances: set[int] = set()
        self._find_kept()
        linker = merged.link(list(self._needed))
        self._module = CoreModule(linker.link().written())
        self._outside = [(each.sort, each.index) for each in linker.outside]
        for thing in self._outside:
            self._keep(thing)
        self._numbers = Numbers()
        self._new_things: dict[Thing, Thing] = {}
        self._new_instances: dict[int, int] = {}
        self._instances_written = 0

    def definitions(self) -> Iterator[Definition]:
        parts, kept_modules = self._parts, self._kept_modules()
        yield self._module
        yield from (parts.modules[at] for at in kept_modules)
        self._new_modules = {at: position for position, at in enumerate(kept_modules, 1)}
        ready = max(parts.places[thing] for thing in self._outside)
        things = {place: thing for thing, place in parts.places.items()}
        instances = iter(range(len(parts.instances)))
        for place, each in enumerate(parts.all):
            if isinstance(each, Instance | Bundle):
                yield from self._instance(next(instances), each)
            elif place in things:
                yield from self._thing(things[place])
            elif isinstance(each, Canonical):
                yield self._canonical(each)
            elif not isinstance(each, CoreModule):
                yield each
            if place == ready:
                yield from self._merged_instance()

    def _find_kept(self) -> None:
        for at, instance in enumerate(self._parts.instances):
            if isinstance(instance, Instance) and at not in self._merged.members:
                self._keep_instance(at)
        for each in self._parts.all:
            if isinstance(each, Canonical) and each.lifted is not None:
                self._keep_used_by(each)

    def _keep(self, thing: Thing) -> None:
        if thing in self._kept_things or thing in self._needed:
            return
        if self._merged.has(thing):
            self._needed[thing] = None
            return
        self._kept_things.add(thing)
        made = self._parts.things[thing]
        if isinstance(made, CoreAlias):
            self._keep_instance(made.instance)
        else:
            self._keep_used_by(made)

    def _keep_used_by(self, canonical: Canonical) -> None:
        if canonical.lifted is not None:
            self._keep((CORE_FUNCTION, canonical.lifted))
        for kind, at in canonical.options or ():
            if at is not None:
                self._keep((option_sort(kind), at))

    def _keep_instance(self, at: int) -> None:
        if at in self._kept_instances:
            return
        self._kept_instances.add(at)
        instance = self._parts.instances[at]
        if isinstance(instance, Bundle):
            for thing in instance.exports.values():
                self._keep(thing)
        else:
            for each in instance.imports.values():
                self._keep_instance(each)

    def _kept_modules(self) -> list[int]:
        instances = (self._parts.instances[at] for at in sorted(self._kept_instances))
        return sorted({instance.module for instance in instances if isinstance(instance, Instance)})

    def _merged_instance(self) -> Iterator[Definition]:
        """The one instance, what it needs before it, and after it what others need of it."""
        yield Bundle({str(position): self._new_things[thing] for position, thing in enumerate(self._outside)})
        yield Instance(0, {IMPORTED_FROM: self._instances_written})
        self._instances_written += 2
        for position, (sort, number) in enumerate(self._needed):
            alias = CoreAlias(sort, self._instances_written - 1, str(position))
            self._new_things[sort, number] = self._numbers.next_of(alias)
            yield alias

    def _instance(self, at: int, each: Instance | Bundle) -> Iterator[Definition]:
        if at not in self._kept_instances:
            return
        self._new_instances[at] = self._instances_written
        self._instances_written += 1
        if isinstance(each, Bundle):
            yield Bundle({name: self._new(thing) for name, thing in each.exports.items()})
        else:
            imports = {name: self._new_instances[instance] for name, instance in each.imports.items()}
            yield Instance(self._new_modules[each.module], imports)

    def _thing(self, thing: Thing) -> Iterator[Definition]:
        if thing not in self._kept_things:
            return
        made = self._parts.things[thing]
        self._new_things[thing] = self._numbers.next_of(made)
        if isinstance(made, CoreAlias):
            yield replace(made, instance=self._new_instances[made.instance])
        else:
            yield self._canonical(made)

    def _canonical(self, each: Canonical) -> Canonical:
        lifted = None if each.lifted is None else self._new((CORE_FUNCTION, each.lifted))[1]
        options = each.options and tuple(
            (kind, None if at is None else self._new((option_sort(kind), at))[1]) for kind, at in each.options
        )
        return replace(each, lifted=lifted, options=options)

    def _new(self, thing: Thing) -> Thing:
        if thing not in self._new_things:
            raise NotAsExpected("Something needs the merged module before all is there that this imports.")
        return self._new_things[thing]
