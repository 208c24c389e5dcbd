"""What the constructors of the modules of a file leave: the tree of their submodules.

A constructor is run alone, on parameters that come in from outside.  Where the run of the file
has not done so already, a machine of its own does: that is no event of the program.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from flake8_bn_eval.interpret.assembly import assemble
from flake8_bn_eval.interpret.machine import GaveUp, Machine
from flake8_bn_eval.interpret.records import Constructed, Recorder
from flake8_bn_eval.interpret.run import Roots
from flake8_bn_eval.knowledge.lookup import Knowledge
from flake8_bn_eval.lazily import cached_property
from flake8_bn_eval.modes.lattice import Mode
from flake8_bn_eval.modes.objects import Kind, Object, Sensitivity
from flake8_bn_eval.modes.things import ObjectId
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

    def __init__(
        self, program: Program, knowledge: Knowledge, seen: Recorder | None = None
    ) -> None:
        self._program, self._knowledge = program, knowledge
        self._seen = {} if seen is None else seen.constructed

    @cached_property
    def _own_machine(self) -> Machine:
        return assemble(self._program, self._knowledge)

    @cached_property
    def _roots(self) -> Roots:
        return Roots(self._own_machine, self._program)

    @cached_property
    def _base(self) -> World | None:
        """The world that the file's own body leaves."""
        try:
            return self._roots.module_world()
        except GaveUp:
            return None

    def unregistered(self, definition: ClassDefinition) -> list[Unregistered]:
        """The containers of unregistered modules that the instances of a class have."""
        built = self._seen.get(definition) or self._built(definition)
        return [] if built is None else list(_unregistered(built))

    def _built(self, definition: ClassDefinition) -> Constructed | None:
        if self._base is None:
            return None
        machine = self._own_machine
        class_ = machine.class_cache.get(id(definition))
        if class_ is None:
            return None
        world = self._base.fork()
        identity = machine.identities.number("built", id(definition))
        machine.classes.bear(class_, identity, world, definition.place)
        try:
            world = self._roots.constructed(class_, identity, world)
        except GaveUp:
            return None
        return Constructed(identity, world, machine)


def _unregistered(built: Constructed) -> Iterator[Unregistered]:
    identity, world = built.identity, built.world
    registered = set(_registered(identity, world))
    for key, value in world.get(identity).fields.items():
        containers = [world.get(each) for each in value.objects]
        if value.things or not containers or not all(map(_is_plain, containers)):
            # On some path it is something else, which may be the right thing.
            continue
        held = {each for state in containers for each in _held(state, world)} - registered
        lost = [each for each in held if _concerns(each, world, built.machine)]
        if lost and isinstance(key, str):
            kind = "dict" if containers[0].kind is Kind.MAPPING else "list"
            several = len(lost) > 1 or any(state.rest is not None for state in containers)
            yield Unregistered(key.removeprefix("."), kind, several)


def _concerns(identity: ObjectId, world: World, machine: Machine) -> bool:
    """A module with something to train or to switch, and not kept as it is on purpose."""
    state = world.get(identity)
    if state.frozen or state.modes.must_be(Mode.EVAL):
        return False
    sensitivity = machine.makeup.sensitivity(identity, world)
    if sensitivity is Sensitivity.YES:
        return True
    if sensitivity is Sensitivity.NO and not machine.weights.may_learn(identity, world):
        return False
    family = machine.makeup.family(identity, world)
    return any(_learns_or_switches(world.get(each), machine) for each in family)


def _learns_or_switches(state: Object, machine: Machine) -> bool:
    """A layer with weights, one with a mode unless told otherwise, or a model of a library."""
    row = None if state.library is None else machine.knowledge.callable(state.library)
    if row is None:
        return False
    switches = row.sensitive == "yes" and state.sensitive is not Sensitivity.NO
    return row.learns or switches or not (row.is_single_layer or row.registers)


def _is_plain(state: Object) -> bool:
    return state.kind in (Kind.SEQUENCE, Kind.MAPPING) and not state.registers


def _registered(identity: ObjectId, world: World) -> Iterator[ObjectId]:
    """A module and what `eval()` of it reaches."""
    waiting, visited = [identity], {identity}
    while waiting:
        each = waiting.pop()
        yield each
        for value in world.get(each).contents:
            for child in value.objects - visited:
                if world.get(child).may_be_module:
                    visited.add(child)
                    waiting.append(child)


def _held(container: Object, world: World) -> Iterator[ObjectId]:
    """The modules in a plain container, and in plain containers inside it."""
    for value in container.contents:
        for each in value.objects:
            state = world.get(each)
            if _is_plain(state):
                yield from _held(state, world)
            elif state.is_module:
                yield each
