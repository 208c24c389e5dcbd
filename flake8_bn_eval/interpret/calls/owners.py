"""Whose method is asked of something that comes in from outside.

A file that calls ``model.predict_words(x)`` on what it is given is a caller of the one class that
has such a method, though it never imports the class: it may have loaded the model.
"""

from __future__ import annotations

from dataclasses import replace

from flake8_bn_eval.interpret.calls.arguments import Arguments
from flake8_bn_eval.interpret.frames import Frame
from flake8_bn_eval.interpret.machine import Machine
from flake8_bn_eval.lazily import cached_property
from flake8_bn_eval.modes.objects import Kind
from flake8_bn_eval.modes.things import Class, ObjectId
from flake8_bn_eval.modes.values import Value
from flake8_bn_eval.modes.world import World
from flake8_bn_eval.operations import Place


class Owners:
    """Finds the class of a method by its name alone, for callers that were searched by it."""

    def __init__(self, machine: Machine, methods: frozenset[str]) -> None:
        self.machine = machine
        self._methods = methods
        """The methods of the judged file whose callers were searched."""

    def called(
        self,
        identity: ObjectId,
        name: str,
        arguments: Arguments,
        world: World,
        frame: Frame,
        place: Place,
    ) -> Value | None:
        """What a method returns that some other file calls on an object of no known class."""
        if name not in self._methods or self.machine.program.has(place):
            return None
        state = world.get(identity)
        if state.class_ is not None or state.kind not in (Kind.UNKNOWN, Kind.MODULE):
            return None
        owner = self._owners.get(name)
        member = None if owner is None else self.machine.classes.member(owner, name)
        if member is None:
            return None
        world.put(identity, replace(state, class_=owner))
        return self.machine.classes.call_member(member, identity, arguments, world, frame, place)

    @cached_property
    def _owners(self) -> dict[str, Class]:
        found: dict[str, Class] = {}
        for name in self._methods:
            having = [each for each in self.machine.program.classes if name in each.methods]
            value = self.machine.links.of_judged(having[0].name) if len(having) == 1 else None
            thing = None if value is None else value.only_thing
            if isinstance(thing, Class) and thing.definition is having[0]:
                found[name] = thing
        return found
