"""Assignments: to names, attributes, elements and patterns of these."""

from __future__ import annotations

from dataclasses import replace

from flake8_bn_eval.interpret.frames import Frame
from flake8_bn_eval.interpret.machine import (
    Machine,
)
from flake8_bn_eval.knowledge.words import names_class
from flake8_bn_eval.modes.evidence import Use
from flake8_bn_eval.modes.lattice import Mode, Modes
from flake8_bn_eval.modes.objects import Kind, Object
from flake8_bn_eval.modes.things import Result, Symbol
from flake8_bn_eval.modes.values import NO_IDS, UNKNOWN, Value
from flake8_bn_eval.modes.world import World
from flake8_bn_eval.operations import (
    Attribute,
    AugmentedAssign,
    Display,
    Expression,
    Name,
    Starred,
    Subscript,
    Variable,
)
from flake8_bn_eval.wording import describe

WAITING = -4
"""The scope of elements until all targets before theirs have got theirs."""


class Assignments:
    """Binds values to targets."""

    def __init__(self, machine: Machine) -> None:
        self.machine = machine

    def assign(self, target: Expression, value: Value, world: World, frame: Frame) -> None:
        """``target = value`` for any form of target."""
        match target:
            case Name(variable=(_, "_")):
                # By convention nobody reads it: it keeps no object alive.
                world.assign(target.variable, UNKNOWN)
            case Name():
                frame.note_assigned(target.variable)
                world.assign(target.variable, self.machine.data.named(target, value))
            case Display():
                self._unpack(target.elements, value, world, frame)
            case Starred():
                self.assign(target.value, value, world, frame)
            case Attribute():
                owner = self.machine.expressions.evaluate(target.value, world, frame)
                self._assign_attribute(target, owner, value, world, frame)
            case Subscript():
                owner = self.machine.expressions.evaluate(target.value, world, frame)
                index = self.machine.expressions.evaluate(target.index, world, frame)
                self.machine.containers.set_element(owner, index, value, world)
                self._keep_part(target.value, owner, value, world)
            case _:
                self.machine.expressions.evaluate(target, world, frame)

    def _keep_part(self, target: Expression, owner: Value, value: Value, world: World) -> None:
        """An output that becomes a part of something: whoever reads that, reads the output.

        A tensor or table with a name of its own descends from what was written into it.
        """
        if not value.lineage:
            return
        containers = self.machine.containers
        if owner.objects and all(containers.is_container(each, world) for each in owner.objects):
            self.machine.recorder.use(value.lineage, Use.KEPT)
            return
        from_outside = any(isinstance(thing, Symbol) for thing in owner.things)
        if isinstance(target, Name) and not from_outside:
            self.machine.recorder.use(value.lineage, Use.KEPT)
            world.assign(target.variable, owner.descending(value))
        else:
            self.machine.recorder.use(value.lineage, Use.STORED)

    def _assign_attribute(
        self, target: Attribute, owner: Value, value: Value, world: World, frame: Frame
    ) -> None:
        name = target.name
        if self.machine.data.assign_attribute(owner, name, value, target.value, world):
            return
        owner = self._given_fields(target.value, owner, world)
        weak = owner.only_object is None
        kept = self.machine.containers.with_contents(value, world)
        self.machine.recorder.use(kept.lineage, Use.STORED)
        for identity in owner.objects:
            self.machine.classes.set_attribute(identity, name, value, world, frame, weak=weak)

    def _given_fields(self, target: Expression, owner: Value, world: World) -> Value:
        """What something unseen returned is an object once it gets an attribute."""
        thing = owner.only_thing
        if not isinstance(thing, Result) or not isinstance(target, Name | Attribute):
            return owner
        identity = self.machine.results.identity(thing)
        lost = Modes.only(Mode.UNKNOWN)
        value = world.bear(identity, Object(Kind.INSTANCE, describe(target), lost, lost))
        self.machine.splitting.replace(target, value, world)
        return value

    def _unpack(self, targets: list[Expression], value: Value, world: World, frame: Frame) -> None:
        containers = self.machine.containers
        starred = [i for i, target in enumerate(targets) if isinstance(target, Starred)]
        if starred:
            before, after = starred[0], len(targets) - starred[0] - 1
            birth = (id(targets[before]), frame.path)
            elements = containers.unpacked_around(value, before, after, world, birth)
        else:
            elements = containers.unpacked(value, len(targets), world)
        waiting: list[Variable] = [(WAITING, f"{id(target)}") for target in targets]
        world.names.assign_all(zip(waiting, elements, strict=True))
        for target, variable in zip(targets, waiting, strict=True):
            # What was said of a name that an earlier target has taken is no longer said.
            element = world.names.remove(variable)
            self.assign(target, UNKNOWN if element is None else element, world, frame)

    def augmented(self, operation: AugmentedAssign, world: World) -> None:
        machine = self.machine
        before = machine.expressions.evaluate(operation.target, world, self.machine.frame)
        added = machine.expressions.evaluate(operation.value, world, self.machine.frame)
        if machine.containers.extend(before, added, world):
            return
        if operation.operator.startswith("+"):
            machine.data.note_addition(before, added)
        machine.averages.note_written(before, [added], operation.place)
        combined = UNKNOWN.descending(before, added)
        combined = machine.data.opened(combined, operation.operator, before, added)
        self.assign(operation.target, combined, world, self.machine.frame)

    def delete(self, target: Expression, world: World) -> None:
        if isinstance(target, Name):
            world.names.remove(target.variable)
            world.forget(target.variable)
        elif isinstance(target, Subscript):
            evaluate, frame = self.machine.expressions.evaluate, self.machine.frame
            owner = evaluate(target.value, world, frame)
            index = evaluate(target.index, world, frame)
            self.machine.containers.delete_element(owner, index, world)

    def settled(self, value: Value, world: World) -> Value:
        """The result of something unseen gets an identity when it gets a name."""
        if value.lineage and not _is_instance(value):
            return value
        value = replace(value, connected=NO_IDS, derived=NO_IDS) if value.lineage else value
        for thing in value.things:
            if isinstance(thing, Result):
                found = self.machine.results.identify(thing, world).tagged(*value.tags)
                value = value.replacing(thing, found)
        return value


def _is_instance(value: Value) -> bool:
    """Whether what looks like an output is an instance of a class that nobody sees."""
    made = value.only_thing
    return isinstance(made, Result) and names_class(made.path.rpartition(".")[2])
