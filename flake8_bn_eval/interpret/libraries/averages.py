"""Averaged weights: whose parameters are averaged from those of another module, and how.

An average of parameters leaves the running statistics of norm layers behind, unless the
buffers are averaged, too, or somebody computes them anew.
"""

from __future__ import annotations

from collections.abc import Iterable

from flake8_bn_eval.interpret.calls.arguments import Arguments
from flake8_bn_eval.interpret.frames import Frame
from flake8_bn_eval.interpret.machine import Machine
from flake8_bn_eval.interpret.records import Average
from flake8_bn_eval.knowledge.rows import CallableRow
from flake8_bn_eval.modes.things import ObjectId, Parameters
from flake8_bn_eval.modes.values import Value
from flake8_bn_eval.modes.world import World
from flake8_bn_eval.operations import Attribute, Expression, Place

IN_PLACE = "_"


class Averages:
    """Notes averages, and what makes their statistics right again."""

    def __init__(self, machine: Machine) -> None:
        self.machine = machine

    def note_made(
        self, row: CallableRow, arguments: Arguments, made: Value, place: Place
    ) -> None:
        """A library makes an average: its buffers are averaged if an argument says so."""
        for role in row.roles:
            if role.role == "buffers":
                given = arguments.get(role.position, role.parameter)
                if given is None and arguments.open:
                    return
                if given is not None and (given.constant is None or given.constant.value):
                    return
        self._note(made.objects, place, by_hand=False)

    def note_method(self, target: Value, name: str, values: Iterable[Value], place: Place) -> None:
        """``mean.mul_(decay).add_(other)``: a method that works in place."""
        if name.endswith(IN_PLACE):
            self.note_written(target, values, place)

    def note_assigned(
        self, target: Expression, value: Value, world: World, frame: Frame, place: Place
    ) -> None:
        """``mean.data = decay * mean.data + (1 - decay) * other.data``."""
        if isinstance(target, Attribute) and owners_of(value):
            owner = self.machine.expressions.evaluate(target.value, world, frame)
            self.note_written(owner, [value], place)

    def note_written(self, target: Value, values: Iterable[Value], place: Place) -> None:
        """Parameters of one module are written from those of another."""
        owners = owners_of(target)
        others = frozenset[ObjectId]().union(*(owners_of(each) for each in values))
        if len(owners) == 1 and others - owners:
            self._note(owners, place, by_hand=True)

    def _note(self, objects: Iterable[ObjectId], place: Place, *, by_hand: bool) -> None:
        for identity in objects:
            self.machine.recorder.averages.add(Average(place, identity, by_hand))

    def note_refreshed(self, modules: Value | None, world: World) -> None:
        """The running statistics of modules are computed anew; of all, if nobody knows which."""
        recorder = self.machine.recorder
        if modules is None or not modules.objects:
            recorder.all_refreshed = True
            return
        for identity in modules.objects:
            recorder.refreshed |= self.machine.makeup.family(identity, world)


def owners_of(value: Value) -> frozenset[ObjectId]:
    """The modules whose parameters a value is."""
    found = (each.owners for each in value.things if isinstance(each, Parameters))
    return frozenset[ObjectId]().union(*found)
