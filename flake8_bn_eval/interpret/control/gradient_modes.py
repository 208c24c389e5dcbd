"""Gradient modes: what a context sets, and what asking for the mode tells.

Inside inference mode nothing is recorded, whatever ``enable_grad`` or
``set_grad_enabled`` say; only ``inference_mode(False)`` leaves it.
"""

from __future__ import annotations

from flake8_bn_eval.findings import Remark
from flake8_bn_eval.interpret.machine import Machine, gradients_of
from flake8_bn_eval.modes.lattice import Gradient, Gradients, recording
from flake8_bn_eval.modes.things import GradientContext, SavedGradients
from flake8_bn_eval.modes.values import UNKNOWN, Value
from flake8_bn_eval.modes.world import World
from flake8_bn_eval.operations import Place

ASKING = frozenset({"torch.is_grad_enabled"})


class GradientModes:
    """Sets the gradient mode of worlds."""

    def __init__(self, machine: Machine) -> None:
        self.machine = machine

    def apply(self, context: GradientContext, world: World, place: Place) -> None:
        """Put the world in the gradient mode of a context."""
        gradients = self._inside(context, world, place)
        name = context.name.rpartition(".")[2]
        before, after = str(recording(world.gradients)), str(recording(gradients))
        self.machine.recorder.event(place, "gradient", name, before, after)
        world.set_gradients(gradients)

    def _inside(self, context: GradientContext, world: World, place: Place) -> Gradients:
        short = context.name.rpartition(".")[2]
        off = Remark(place, f"`{short}` turns gradients off", "no gradients since")
        on = Remark(place, f"`{short}` turns gradients on", "gradients since")
        outside = world.gradients
        match context.gradient:
            case "on":
                return _turned(outside, Gradient.ON, on)
            case "off":
                return self._if_asked(context, _turned(outside, Gradient.OFF, off), outside, world)
            case "inference":
                inside = gradients_of(Gradient.INFERENCE, off)
                return self._if_asked(context, inside, gradients_of(Gradient.ON, on), world)
            case "unknown":
                return outside.join(gradients_of(Gradient.UNKNOWN))
        saved = None if context.flag is None else context.flag.only_thing
        if isinstance(saved, SavedGradients):
            return _given_back(saved.gradients, outside)
        return self._if_asked(
            context,
            _turned(outside, Gradient.ON, on),
            _turned(outside, Gradient.OFF, off),
            world,
        )

    def _if_asked(
        self, context: GradientContext, asked: Gradients, otherwise: Gradients, world: World
    ) -> Gradients:
        """What holds inside a context that has a flag for it, or none."""
        if context.flag is None:
            return asked if context.gradient != "argument" else asked.join(otherwise)
        truth = self.machine.conditions.truth(context.flag, world)
        if truth is None:
            holds, fails = self.machine.conditions.cases(context.flag, None, world)
            return asked.where(holds).join(otherwise.where(fails))
        return asked if truth else otherwise

    def asked(self, world: World) -> Value:
        """``torch.is_grad_enabled()``.

        In inference mode it may have been turned on again, and still nothing is recorded.
        """
        if world.gradients.may_be(Gradient.INFERENCE):
            return UNKNOWN
        return Value(frozenset({SavedGradients(recording(world.gradients))}))

    def truth(self, saved: SavedGradients) -> bool | None:
        """Whether gradients were on, if that is known."""
        if saved.gradients.must_be(Gradient.ON):
            return True
        return False if saved.gradients.must_be(Gradient.OFF) else None

    def suppose(self, saved: SavedGradients, truth: bool, world: World) -> None:
        """In this world gradients were on, or were off: if nothing changed them, they are."""
        if recording(world.gradients) == saved.gradients:
            excluded = (Gradient.OFF, Gradient.INFERENCE) if truth else (Gradient.ON,)
            left = world.gradients
            for each in excluded:
                left = left.without(each)
            if left.members:
                world.set_gradients(left)


def _turned(outside: Gradients, gradient: Gradient, remark: Remark) -> Gradients:
    """The mode after a context that cannot leave inference mode."""
    if not outside.may_be(Gradient.INFERENCE):
        return gradients_of(gradient, remark)
    kept = Gradients({Gradient.INFERENCE: outside.witness(Gradient.INFERENCE)})
    if outside.must_be(Gradient.INFERENCE):
        return kept
    return kept.join(gradients_of(gradient, remark))


def _given_back(saved: Gradients, outside: Gradients) -> Gradients:
    """The mode after ``set_grad_enabled(saved)``."""
    if not outside.may_be(Gradient.INFERENCE):
        return saved
    kept = Gradients({Gradient.INFERENCE: outside.witness(Gradient.INFERENCE)})
    return kept if outside.must_be(Gradient.INFERENCE) else kept.join(saved)
