"""What the constructors of the modules of a file leave: the tree of their submodules.

A constructor is run alone, on parameters that come in from outside, by a machine of its own:
what it does is no event of the program.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from flake8_bn_eval.interpret.machine import GaveUp, Machine
from flake8_bn_eval.interpret.run import Roots, assemble
from flake8_bn_eval.knowledge.lookup import Knowledge
from flake8_bn_eval.modes.lattice import Mode
from flake8_bn_eval.modes.objects import Kind, Object, Sensitivity
from flake8_bn_eval.modes.things import ObjectId
from flake8_bn_eval.modes.values import Value
from flake8_bn_eval.modes.world import World
from flake8_bn_eval.operations import ClassDefinition, Program


@dataclass(frozen=True, slots=True)
class Unregistered:
    """An attribute whose plain list, tuple or dictionary holds modules that nobody registers.

    ``several``    it holds more than one of them, or any number
    """

    attribute: str
    container: str
    several: bool


class Constructions:
    """Runs constructors when somebody asks what they leave."""

    def __init__(self, program: Program, knowledge: Knowledge) -> None:
        self._program, self._knowledge = program, knowledge

    @cached_property
    def _machine(self) -> Machine:
        return assemble(self._program, self._knowledge)

    @cached_property
    def _roots(self) -> Roots:
        return Roots(self._machine, self._program)

    @cached_property
    def _base(self) -> World | None:
        """The world that the file's own body leaves."""
        try:
            return self._roots.module_world()
        except GaveUp:
            return None

    def unregistered(self, definition: ClassDefinition) -> list[Unregistered]:
        """The containers of unregistered modules that the instances of a class have."""
        built = self._built(definition)
        return [] if built is None else list(self._unregistered(*built))

    def _unregistered(self, identity: ObjectId, world: World) -> Iterator[Unregistered]:
        registered = set(_registered(identity, world))
        for key, value in world.get(identity).fields.items():
            containers = [world.get(each) for each in value.objects]
            if value.things or not containers or not all(map(_is_plain, containers)):
                # On some path it is something else, which may be the right thing.
                continue
            held = {each for state in containers for each in _held(state, world)} - registered
            lost = [each for each in held if self._concerns(each, world)]
            if lost and isinstance(key, str):
                kind = "dict" if containers[0].kind is Kind.MAPPING else "list"
                several = len(lost) > 1 or any(state.rest is not None for state in containers)
                yield Unregistered(key.removeprefix("."), kind, several)

    def _concerns(self, identity: ObjectId, world: World) -> bool:
        """A module with something to train or to switch, and not kept as it is on purpose."""
        state = world.get(identity)
        if state.frozen or state.modes.must_be(Mode.EVAL):
            return False
        if self._machine.makeup.sensitivity(identity, world) is Sensitivity.YES:
            return True
        family = self._machine.makeup.family(identity, world)
        return any(self._learns(world.get(each)) for each in family)

    def _learns(self, state: Object) -> bool:
        """A layer with weights, or a whole model of a library."""
        row = None if state.library is None else self._machine.knowledge.callable(state.library)
        return row is not None and (row.learns or not (row.is_single_layer or row.registers))

    def _built(self, definition: ClassDefinition) -> tuple[ObjectId, World] | None:
        if self._base is None:
            return None
        class_ = self._machine.class_cache.get(id(definition))
        if class_ is None:
            return None
        world = self._base.fork()
        identity = self._machine.identities.number("built", id(definition))
        self._machine.classes.bear(class_, identity, world, definition.place)
        try:
            return identity, self._roots.constructed(class_, identity, world)
        except GaveUp:
            return None


def _is_plain(state: Object) -> bool:
    return state.kind in (Kind.SEQUENCE, Kind.MAPPING) and not state.registers


def _values(state: Object) -> list[Value]:
    return [*state.fields.values(), *([] if state.rest is None else [state.rest])]


def _registered(identity: ObjectId, world: World) -> Iterator[ObjectId]:
    """A module and what `eval()` of it reaches."""
    waiting, visited = [identity], {identity}
    while waiting:
        each = waiting.pop()
        yield each
        for value in _values(world.get(each)):
            for child in value.objects - visited:
                if world.get(child).may_be_module:
                    visited.add(child)
                    waiting.append(child)


def _held(container: Object, world: World) -> Iterator[ObjectId]:
    """The modules in a plain container, and in plain containers inside it."""
    for value in _values(container):
        for each in value.objects:
            state = world.get(each)
            if _is_plain(state):
                yield from _held(state, world)
            elif state.is_module:
                yield each
