"""Functions that are given the output of a module after each of its forward calls.

Whoever calls a model and drops what it returns may have told one of its layers before to hand
its output to somebody who reads it.
"""

from __future__ import annotations

from dataclasses import replace

from flake8_bn_eval.interpret.calls.arguments import Arguments
from flake8_bn_eval.interpret.frames import Frame
from flake8_bn_eval.interpret.machine import Machine
from flake8_bn_eval.modes.things import Function, ObjectId
from flake8_bn_eval.modes.values import UNKNOWN, Value, of_object
from flake8_bn_eval.modes.world import World
from flake8_bn_eval.operations import Place


class Watchers:
    """Which functions watch which modules; a watcher that is removed later is still asked."""

    def __init__(self, machine: Machine) -> None:
        self.machine = machine
        self._of: dict[ObjectId, dict[int, Function]] = {}
        self._asked: set[int] = set()
        """The watchers that are running: they may call the module themselves."""

    def watch(self, identity: ObjectId, watcher: Value | None) -> None:
        """Register a function with a module: whatever else it may be is not followed."""
        for thing in () if watcher is None else watcher.things:
            if isinstance(thing, Function):
                self._of.setdefault(identity, {})[id(thing.definition)] = thing

    def show(
        self, module: ObjectId, output: Value, world: World, frame: Frame, place: Place
    ) -> None:
        """Hand the output of a forward call to those who watch a part of the module."""
        if not self._of:
            return
        for part in sorted(self._of.keys() & self.machine.makeup.family(module, world)):
            for number, watcher in list(self._of[part].items()):
                if number not in self._asked:
                    self._asked.add(number)
                    given = (of_object(part), UNKNOWN, replace(output, things=UNKNOWN.things))
                    try:
                        self.machine.functions.call(
                            watcher, Arguments(given), world, frame, place
                        )
                    finally:
                        self._asked.discard(number)
