"""Optimizers: whose parameters they are given, and so which modules they train."""

from __future__ import annotations

from flake8_bn_eval.interpret.calls.arguments import Arguments
from flake8_bn_eval.interpret.frames import Frame
from flake8_bn_eval.interpret.machine import Machine
from flake8_bn_eval.interpret.records import OptimizerStep
from flake8_bn_eval.modes.evidence import Tag
from flake8_bn_eval.modes.lattice import LOST
from flake8_bn_eval.modes.objects import Key, Kind, Object
from flake8_bn_eval.modes.things import ObjectId, Parameters
from flake8_bn_eval.modes.values import Value, of_thing
from flake8_bn_eval.modes.world import World
from flake8_bn_eval.operations import Place


class Optimizers:
    """Makes optimizers, and tells what they train."""

    def __init__(self, machine: Machine) -> None:
        self.machine = machine

    def make(
        self, path: str, arguments: Arguments, world: World, frame: Frame, place: Place
    ) -> Value:
        """A new optimizer, with the modules whose parameters it is given."""
        identity = self.machine.identities.number("optimizer", place, frame.path)
        owners = frozenset(
            owner for argument in arguments for owner in self._owners(argument, world, 4)
        )
        knows = owners or self._are_tensors(arguments.get(0, "params"), world)
        fields: dict[Key, Value] = {".targets": of_thing(Parameters(owners))} if knows else {}
        name = path.rpartition(".")[2]
        return world.bear(
            identity, Object(Kind.OPTIMIZER, name, LOST, LOST, fields=fields, seen=True)
        )

    def _owners(self, value: Value, world: World, depth: int) -> set[ObjectId]:
        """The modules whose parameters are somewhere in a value."""
        owners: set[ObjectId] = set()
        for thing in value.things:
            if isinstance(thing, Parameters):
                owners |= thing.owners
        for identity in value.objects if depth else ():
            state = world.get(identity)
            if state.kind in (Kind.SEQUENCE, Kind.MAPPING):
                for each in [*state.fields.values(), *([] if not state.rest else [state.rest])]:
                    owners |= self._owners(each, world, depth - 1)
        return owners

    def _are_tensors(self, value: Value | None, world: World) -> bool:
        """``SGD([delta])``: it changes a tensor that was made here, and no module."""
        identity = None if value is None else value.only_object
        state = None if identity is None else world.get(identity)
        if state is None or state.kind is not Kind.SEQUENCE or state.rest is not None:
            return False
        elements = state.fields.values()
        return bool(elements) and all(
            Tag.TENSOR in each.tags and not each.objects for each in elements
        )

    def owners(self, identity: ObjectId, world: World) -> frozenset[ObjectId]:
        """The modules whose parameters an optimizer was given."""
        value = world.get(identity).fields.get(".targets")
        thing = None if value is None else value.only_thing
        return thing.owners if isinstance(thing, Parameters) else frozenset()

    def step(self, arguments: Arguments, world: World, frame: Frame, place: Place) -> None:
        """A fused training step: of the optimizers among the arguments, or of any."""
        owners = [self.targets(it, world) for each in arguments for it in each.objects]
        targets = frozenset().union(*(each for each in owners if each)) or None
        self.machine.recorder.steps.add(OptimizerStep(place, frame.stack(), targets))

    def targets(self, identity: ObjectId, world: World) -> frozenset[ObjectId] | None:
        """The modules that an optimizer trains, None if they are not in sight."""
        owners = self.owners(identity, world)
        if not owners and ".targets" in world.get(identity).fields:
            return owners
        families = (self.machine.makeup.family(owner, world) for owner in owners)
        return frozenset().union(*families) or None
