"""Iteration over the submodules of a module: those in sight, and one for all the others.

The others are one object, born when somebody asks: what is done to it is done to every
child that nobody has looked at, as far as anybody knows.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from flake8_bn_eval.interpret.machine import Machine
from flake8_bn_eval.modes.lattice import Modes
from flake8_bn_eval.modes.objects import Object
from flake8_bn_eval.modes.things import ObjectId, Submodules
from flake8_bn_eval.modes.unity import are_told_apart
from flake8_bn_eval.modes.values import UNKNOWN, Value
from flake8_bn_eval.modes.world import World

UNSEEN = ".<any submodule>"
COMPOSITE = ("Transformer", "Attention")


class SubmoduleWalk:
    """Walks over submodules."""

    def __init__(self, machine: Machine) -> None:
        self.machine = machine

    def elements(self, thing: Submodules, world: World) -> list[Value]:
        """What an iteration hands out; with their names, where those come too."""
        found = self.below(thing.owner, world, deep=thing.deep)
        if not thing.paired:
            return found
        pair = self.machine.containers.sequence
        return [
            pair([UNKNOWN, element], world, ("pair", thing.owner, index))
            for index, element in enumerate(found)
        ]

    def below(self, identity: ObjectId, world: World, *, deep: bool) -> list[Value]:
        """The submodules of an object; the object itself comes first where it counts as one.

        A field that holds one of several objects hands out one value.
        """
        found = list(dict.fromkeys(self._walk(identity, world, deep=deep)))
        own = frozenset({identity})
        found = ([own] if deep else []) + [each for each in found if each != own]
        owners = {identity, *(each for group in found for each in group)} if deep else own
        if any(self._may_have_more(world.get(each)) for each in sorted(owners)):
            found.append(world.child(identity, UNSEEN).objects)
        return [Value(objects=each) for each in dict.fromkeys(found)]

    def listed(self, value: Value, world: World, birth: object) -> Value:
        """The children of a model of a library as a list, where it is known which those are."""
        thing = value.only_thing
        if not isinstance(thing, Submodules) or thing.deep or thing.paired:
            return value
        library = world.get(thing.owner).library
        row = self.machine.knowledge.callable(library) if library else None
        if row is None or not row.children:
            return value
        children = [world.child(thing.owner, f".{each.name}") for each in row.children]
        return self.machine.containers.sequence(children, world, ("children", birth))

    def _walk(
        self, identity: ObjectId, world: World, *, deep: bool
    ) -> Iterator[frozenset[ObjectId]]:
        waiting, visited = [identity], {identity}
        while waiting:
            for group in self._children(world.get(waiting.pop(0)), world):
                if group <= visited:
                    continue
                if deep:
                    waiting += sorted(group - visited)
                visited |= group
                yield group

    def _children(self, state: Object, world: World) -> Iterator[frozenset[ObjectId]]:
        values = state.contents
        for value in values:
            group = frozenset(each for each in value.objects if self._is_submodule(each, world))
            several = len(group) > 1 and value is not state.rest
            if several and are_told_apart(group, world):
                yield group
            else:
                yield from (frozenset({each}) for each in sorted(group))

    def _is_submodule(self, identity: ObjectId, world: World) -> bool:
        state = world.get(identity)
        return state.is_module or state.may_be_module and state.origin is not None

    def _may_have_more(self, state: Object) -> bool:
        """Whether there may be submodules that nobody has seen."""
        if state.registers:
            return state.rest is not None and not state.rest.objects
        if state.library is not None:
            leaf = state.library.startswith("torch.nn.")
            return not leaf or any(word in state.library for word in COMPOSITE)
        return state.class_ is None or not self.machine.classes.is_plain_module(state.class_)

    def note_unseen(self, owner: ObjectId, modes: Modes, world: World) -> None:
        """One of the unseen submodules of an object has got another mode, or all of them."""
        for identity in self.machine.makeup.family(owner, world):
            state = world.get(identity)
            if state.may_be_module and self._may_have_more(state):
                world.put(identity, replace(state, tree=state.tree.join(modes)))
