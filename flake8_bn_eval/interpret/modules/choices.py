"""What the caller of a constructor chooses: ``Recognizer(net, train=False)``.

The methods of an object run in the modes that its constructor leaves.  Where these hang on
a parameter, it is the unseen caller who knows them.
"""

from __future__ import annotations

from itertools import combinations

from flake8_bn_eval.interpret.machine import Machine
from flake8_bn_eval.modes.lattice import LOST
from flake8_bn_eval.modes.things import ObjectId
from flake8_bn_eval.modes.world import World
from flake8_bn_eval.operations import Variable


def leave_choices(worlds: list[World], machine: Machine) -> None:
    """Modes that differ because of a parameter are unknown in every world."""
    chosen: set[ObjectId] = set()
    for first, second in combinations(worlds, 2):
        condition = first.assumptions.difference(second.assumptions, lambda variable: False)
        if condition is not None and _rests_on_parameter(condition.variables, machine):
            chosen |= _different_modes(first, second)
    for world in worlds:
        for identity in sorted(chosen & world.objects.keys()):
            world.put(identity, world.get(identity).in_modes(LOST, recursive=True))


def _rests_on_parameter(variables: frozenset[Variable], machine: Machine) -> bool:
    return not variables.isdisjoint(machine.parameters)


def _different_modes(first: World, second: World) -> set[ObjectId]:
    return {
        identity
        for identity in first.objects.differing(second.objects)
        if identity in first.objects
        and identity in second.objects
        and first.get(identity).modes != second.get(identity).modes
    }
