"""Library contexts that put a module in a mode and give it back: ``with eval_mode(net):``."""

from __future__ import annotations

from collections.abc import Callable

from flake8_bn_eval.flow.domain import Exits
from flake8_bn_eval.interpret.frames import Frame
from flake8_bn_eval.interpret.machine import Machine
from flake8_bn_eval.modes.lattice import Modes
from flake8_bn_eval.modes.states import State
from flake8_bn_eval.modes.things import ModeContext, ObjectId
from flake8_bn_eval.modes.values import of_constant
from flake8_bn_eval.modes.world import World
from flake8_bn_eval.operations import Place

Saved = dict[ObjectId, dict[ObjectId, Modes]]
"""By the module that the context was given: the modes of all that belongs to it."""


class ModeContexts:
    """Enters and leaves contexts that hold for a module."""

    def __init__(self, machine: Machine) -> None:
        self.machine = machine

    def run(
        self,
        context: ModeContext,
        world: World,
        frame: Frame,
        place: Place,
        body: Callable[[World], Exits[State]],
    ) -> Exits[State]:
        """Run the body of the ``with`` statement inside the context."""
        saved, gradients = self._modes(context, world), world.gradients
        self.enter(context, world, frame, place)
        exits = body(world)
        for state in exits.values():
            for after in state:
                after.set_gradients(gradients)
                self._restore(context, saved, after, frame, place)
        return exits

    def enter(self, context: ModeContext, world: World, frame: Frame, place: Place) -> None:
        """What entering it does, whoever leaves it."""
        for identity in sorted(context.modules):
            if context.mode in ("train", "eval"):
                flag = of_constant(context.mode == "train")
                self.machine.mode_switches.switch(
                    identity, flag, world, frame, place, context.name, by=context.name
                )
            elif context.mode == "unknown":
                self.machine.modules.lose_object(identity, world)
        if context.gradients is not None:
            self.machine.contexts.apply(context.gradients, world, frame, place)

    def _modes(self, context: ModeContext, world: World) -> Saved:
        family = self.machine.makeup.family
        return {
            identity: {each: world.get(each).modes for each in family(identity, world)}
            for identity in context.modules
        }

    def _restore(
        self, context: ModeContext, saved: Saved, world: World, frame: Frame, place: Place
    ) -> None:
        for identity, modes in sorted(saved.items()):
            if context.restores == "root":
                self.machine.mode_switches.set_modes(identity, modes[identity], world, frame, place)
                continue
            for each, before in modes.items():
                world.put(each, world.get(each).in_modes(before, recursive=False))
