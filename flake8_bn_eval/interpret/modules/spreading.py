"""How far a mode reaches that a module is put in: to everything that is registered below it.

What is registered only where a guard holds is reached only there, as far as somebody else holds
it as well; who comes to it by that way alone finds it as the guard says.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from flake8_bn_eval.interpret.calls.alternatives import where_any
from flake8_bn_eval.interpret.calls.arguments import Arguments
from flake8_bn_eval.interpret.frames import Frame
from flake8_bn_eval.interpret.machine import Machine
from flake8_bn_eval.interpret.modules.submodules import UNSEEN
from flake8_bn_eval.modes.guards import UNGUARDED, Guards, denied, either, implies, under_any
from flake8_bn_eval.modes.holding import led_to
from flake8_bn_eval.modes.lattice import LOST, Mode, Modes
from flake8_bn_eval.modes.objects import Kind, Object
from flake8_bn_eval.modes.things import Function, ObjectId
from flake8_bn_eval.modes.unity import are_told_apart, holders, holding
from flake8_bn_eval.modes.values import Value, of_constant
from flake8_bn_eval.modes.world import World
from flake8_bn_eval.operations import Place


@dataclass(eq=False, slots=True)
class Spreading:
    """One setting of a mode, while it goes down a tree of modules."""

    machine: Machine
    modes: Modes
    world: World
    frame: Frame
    place: Place
    visited: dict[ObjectId, Guards] = field(default_factory=dict)
    """The objects that were reached, and where."""
    doubtful: set[ObjectId] = field(default_factory=set)
    """Those that may be below another one of several, as somebody else holds them."""
    holders: dict[ObjectId, list[Value]] | None = None
    """Who holds what, once that was asked for; setting modes does not change it."""

    def reach(
        self,
        identity: ObjectId,
        *,
        weak: bool = False,
        each: bool = False,
        where: Guards = UNGUARDED,
    ) -> None:
        """Put an object and everything registered below it in the mode.

        ``weak``   it may be another one that is reached
        ``each``   an object that stands for many is every one of them
        ``where``  it is reached where one of these guards holds
        """
        known = self.visited.get(identity)
        if known is not None and implies(where, known):
            return
        self.visited[identity] = where if known is None else either(known, where)
        state = self.world.get(identity)
        weak = weak or state.many and not each or identity in self.doubtful
        if weak or where == UNGUARDED or not self._is_held_besides(identity, where):
            self.world.put(identity, self._set(state, weak=weak))
        else:
            self.world.put(identity, self._set_where(state, where))
        if state.origin is not None and state.origin.key == UNSEEN:
            self.machine.submodules.note_unseen(state.origin.parent, self.modes, self.world)
        listing = state.kind in (Kind.SEQUENCE, Kind.MAPPING)
        for value in state.fields.values():
            several = len(value.objects) > 1 and not each
            mixed = several and not value.is_told_apart
            uncertain = weak or mixed and self._are_told_apart(value.objects)
            if several and not uncertain:
                self.doubtful |= self._shared_below(value)
            for child in value.objects:
                inside = each or listing and self._is_repeated(child)
                held = value.guards.get(child) if value.guards else None
                there = where if held is None else under_any(held, where)
                self._reach_child(child, weak=uncertain, each=inside, where=there)
        for child in () if state.rest is None else state.rest.objects:
            # A list holds everything that a loop has put into it, but perhaps not a single object.
            listed = self._is_repeated(child)
            self._reach_child(child, weak=weak or not listed, each=listed, where=where)

    def _set_where(self, state: Object, where: Guards) -> Object:
        new, elsewhere = self.modes.where(where), denied(where)
        return replace(
            state,
            modes=new.join(state.modes.where(elsewhere)),
            tree=new.join(state.tree.where(elsewhere)),
        )

    def _set(self, state: Object, *, weak: bool) -> Object:
        modes = self.modes
        if not weak or state.modes.members == modes.members and len(modes.members) == 1:
            return state.in_modes(modes, recursive=True)
        # One of several was set, and nobody can tell later whether it is the one in use.
        if state.many:
            return state.in_modes(LOST, recursive=True)
        return replace(state, modes=state.modes.doubting(modes), tree=state.tree.doubting(modes))

    def _is_held_besides(self, identity: ObjectId, guards: Guards) -> bool:
        """Whether anybody holds an object also where none of some guards holds."""
        return any(
            not implies(value.guards_of(identity) or UNGUARDED, guards)
            for value in self._holders().get(identity, ())
        )

    def _are_told_apart(self, members: frozenset[ObjectId]) -> bool:
        """Whether somebody may come to one of these objects and not to the others."""
        return are_told_apart(members, self.world, self._holders())

    def _holders(self) -> dict[ObjectId, list[Value]]:
        if self.holders is None:
            self.holders = holders(self.world)
        return self.holders

    def _shared_below(self, value: Value) -> set[ObjectId]:
        """What is below objects of which just one is there, and is held by others besides."""
        unguarded = value.objects - value.guards.keys()
        inside = {each for one in unguarded for each in self.machine.makeup.family(one, self.world)}
        below = frozenset(inside.difference(unguarded))
        return {
            each
            for holder, held in holding(below, self.world)
            if holder not in inside
            for each in below.intersection(led_to(held, self.world))
        }

    def _is_repeated(self, child: ObjectId) -> bool:
        return self.world.get(child).many or child in self.world.identities.repeated

    def _reach_child(self, child: ObjectId, *, weak: bool, each: bool, where: Guards) -> None:
        # A plain list, a trainer or a number kept in an attribute is no submodule.
        state = self.world.get(child)
        if not state.may_be_module:
            return
        override = train_override(state, self.machine)
        if override is not None and not self.frame.runs(override.definition, child):
            self._through_override(override, child, where)
        else:
            self.reach(child, weak=weak, each=each, where=where)

    def _through_override(self, override: Function, child: ObjectId, where: Guards) -> None:
        """A parent calls ``train(mode)`` of its children, also where they override it."""
        trains = self.modes.must_be(Mode.TRAIN)
        if trains or self.modes.must_be(Mode.EVAL):
            arguments = Arguments((of_constant(trains),))
            bound = replace(override, receiver=child)

            def run(world: World) -> Value:
                return self.machine.functions.run(bound, arguments, world, self.frame, self.place)

            where_any(where, self.world, run)
            self.holders = None
        else:
            Spreading(self.machine, self.modes, self.world, self.frame, self.place).reach(child)


def train_override(state: Object, machine: Machine) -> Function | None:
    """The ``train`` that the class of an object has of its own."""
    member = None if state.class_ is None else machine.classes.member(state.class_, "train")
    function = None if member is None else member.only_thing
    return function if isinstance(function, Function) else None
