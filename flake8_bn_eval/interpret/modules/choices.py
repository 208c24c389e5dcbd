"""What the caller of a constructor chooses: ``Recognizer(net, train=False)``.

The methods of an object run in the modes that its constructor leaves.  Where these hang on
a parameter, it is the unseen caller who knows them.
"""

from __future__ import annotations

from flake8_bn_eval.interpret.machine import Machine
from flake8_bn_eval.modes.guards import Guard
from flake8_bn_eval.modes.lattice import LOST
from flake8_bn_eval.modes.world import World


def leave_choices(worlds: list[World], machine: Machine) -> None:
    """Modes that hang on a parameter are unknown."""
    for world in worlds:
        for identity, state in list(world.objects.items()):
            if any(_rests_on_parameter(guard, world, machine) for _, guard in state.modes.cases()):
                world.put(identity, state.in_modes(LOST, recursive=True))


def _rests_on_parameter(guard: Guard, world: World, machine: Machine) -> bool:
    variables = world.assumptions.variables
    return any(
        not variables.get(question[0], frozenset()).isdisjoint(machine.parameters)
        for question, _ in guard
    )
