"""Hooks: methods that a framework calls by itself, in a mode that it has set before.

Where a row tells nothing of the mode, it is unknown: the framework has its reasons.
"""

from __future__ import annotations

from dataclasses import replace

from flake8_bn_eval.findings import Remark
from flake8_bn_eval.interpret.frames import Frame
from flake8_bn_eval.interpret.machine import Machine
from flake8_bn_eval.knowledge.rows import HookRow
from flake8_bn_eval.modes.lattice import Gradient, Mode, Modes
from flake8_bn_eval.modes.objects import Kind
from flake8_bn_eval.modes.things import ObjectId
from flake8_bn_eval.modes.values import Value, of_object
from flake8_bn_eval.modes.world import World
from flake8_bn_eval.operations import FunctionDefinition

MODES = {"train": Mode.TRAIN, "eval": Mode.EVAL}
WORDS = {"train": ("training", "training since"), "eval": ("evaluation", "evaluating since")}
GRADIENTS = {"on": Gradient.ON, "off": Gradient.OFF, "unknown": Gradient.UNKNOWN}


class Hooks:
    """Puts the world in the state in which a framework calls a method."""

    def __init__(self, machine: Machine) -> None:
        self.machine = machine

    def gradients(self, hook: HookRow) -> Gradient:
        """Whether gradients are recorded while the method runs."""
        return GRADIENTS[hook.gradient]

    def apply(
        self, hook: HookRow, definition: FunctionDefinition, receiver: ObjectId, world: World
    ) -> None:
        """Put the module that the hook is about in its mode; its parameters are bound."""
        modes = self._modes(hook, definition)
        switches = self.machine.mode_switches
        for identity in self._module(hook, definition, receiver, world).objects:
            state = world.get(identity)
            if state.kind is Kind.UNKNOWN:
                world.put(identity, replace(state, kind=Kind.MODULE))
            switches.set_modes(identity, modes, world, Frame.of_module(), definition.place)

    def _modes(self, hook: HookRow, definition: FunctionDefinition) -> Modes:
        if hook.mode == "unknown":
            return Modes.only(Mode.UNKNOWN)
        name, short = WORDS[hook.mode]
        message = f"`{definition.name}` is called in {name} mode"
        return Modes.only(MODES[hook.mode], Remark(definition.place, message, short))

    def _module(
        self, hook: HookRow, definition: FunctionDefinition, receiver: ObjectId, world: World
    ) -> Value:
        """``self``, a parameter, or an attribute of one: ``runner.model``."""
        parameter, *attributes = hook.module.split(".")
        value = world.names.get((definition.scope, parameter)) or Value()
        if parameter == "self":
            value = of_object(receiver)
        for attribute in attributes:
            identity = value.only_object
            if identity is None:
                return Value()
            value = world.child(identity, f".{attribute}")
        return value
