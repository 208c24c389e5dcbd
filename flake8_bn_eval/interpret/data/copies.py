"""Copies of objects: what is copied with them, and what is shared.

A copy of a copy made at the same place has the number of that copy, which makes room for it
as any object does that is born again: so a loop that copies its last copy has two of them.
"""

from __future__ import annotations

from dataclasses import replace

from flake8_bn_eval.interpret.frames import Frame
from flake8_bn_eval.interpret.machine import Machine
from flake8_bn_eval.knowledge.rows import CallableRow
from flake8_bn_eval.modes.holding import drop_unheld
from flake8_bn_eval.modes.joins import join_objects
from flake8_bn_eval.modes.objects import Object
from flake8_bn_eval.modes.renaming import renamed
from flake8_bn_eval.modes.things import ObjectId, Result
from flake8_bn_eval.modes.values import UNKNOWN, Value
from flake8_bn_eval.modes.world import World
from flake8_bn_eval.operations import Place

MOST_COPIED = 200
"""A deep copy of more objects than this is known only in part."""


class Copies:
    """Deep and shallow copies."""

    def __init__(self, machine: Machine) -> None:
        self.machine = machine
        self.of_attributes: dict[ObjectId, ObjectId] = {}
        """Copies of attributes that nobody has seen assigned, and those attributes."""

    def copy(
        self,
        path: str,
        row: CallableRow,
        subject: Value,
        world: World,
        frame: Frame,
        place: Place,
    ) -> Value:
        """What a function that copies returns, in the mode in which it starts."""
        subject = self._identified(subject, world)
        deep = row.returns != "shallow copy"
        copied = self.copied(subject, (place, frame.path), world, deep=deep)
        if row.starts in ("eval", "train"):
            for identity in copied.objects:
                modes = self.machine.constructors.initial_modes(row, path.rpartition(".")[2], place)
                self.machine.mode_switches.set_modes(identity, modes, world, frame, place)
        return copied

    def _identified(self, subject: Value, world: World) -> Value:
        """What something unseen returned is an object, of which the copy is another."""
        for thing in subject.things:
            if isinstance(thing, Result):
                found = self.machine.results.identify(thing, world).objects
                things = subject.things - {thing} if found else subject.things
                subject = replace(subject, things=things, objects=subject.objects | found)
        return subject

    def copied(self, subject: Value, birth: object, world: World, *, deep: bool) -> Value:
        """New objects in the modes of the old ones; a shallow copy shares what is inside."""
        subject = self._with_room(subject, deep, birth, world)
        names = self._numbers(subject, deep, birth, world)
        self._bear(names, subject, deep, world)
        return replace(subject, objects=frozenset(names[each] for each in subject.objects))

    def _with_room(self, subject: Value, deep: bool, birth: object, world: World) -> Value:
        """What is copied, after the copies that were made here before have made room.

        Those that nobody holds any more are gone, and need none.
        """
        older = self.machine.identities.older
        numbers = set(self._numbers(subject, deep, birth, world).values())
        drop_unheld(numbers, world, subject)
        objects = world.objects
        retired = [each for each in numbers if each in objects and not world.get(each).many]
        world.retire(*sorted(retired))
        return renamed(subject, {each: older(each) for each in retired if each not in objects})

    def _numbers(
        self, subject: Value, deep: bool, birth: object, world: World
    ) -> dict[ObjectId, ObjectId]:
        """The number of the copy of every object that is copied.

        Of the objects that the subject may be there is just one; any others whose copies would
        share a number are several, and so are their copies.
        """
        identities = self.machine.identities
        names = {each: identities.copy_of(each, birth) for each in sorted(subject.objects)}
        taken = set(names.values())
        waiting = sorted(names) if deep else []
        while waiting:
            state = world.get(waiting.pop(0))
            for value in state.contents:
                for each in sorted(value.objects - names.keys()):
                    if len(names) < MOST_COPIED:
                        number = identities.copy_of(each, birth)
                        names[each] = identities.older(number) if number in taken else number
                        taken.add(number)
                        waiting.append(each)
        return names

    def _bear(
        self, names: dict[ObjectId, ObjectId], subject: Value, deep: bool, world: World
    ) -> None:
        born: dict[ObjectId, Object] = {}
        for identity, number in names.items():
            state = replace(world.get(identity), origin=None)
            if world.get(identity).origin is not None:
                self.of_attributes[number] = identity
            if deep:
                state = self._with_copied_fields(state, names)
            known = born.get(number)
            if known is not None:
                many = known.many or identity not in subject.objects
                state = replace(join_objects(known, state), many=many)
            born[number] = state
            self._note_made(number, identity)
        for number, state in born.items():
            world.bear(number, state)

    def _with_copied_fields(self, state: Object, names: dict[ObjectId, ObjectId]) -> Object:
        fields = {key: _copied(value, names) for key, value in state.fields.items()}
        return replace(
            state,
            fields=fields,
            rest=None if state.rest is None else _copied(state.rest, names),
        )

    def _note_made(self, copy: ObjectId, original: ObjectId) -> None:
        made = self.machine.recorder.made
        if original in made:
            made[copy] = made[original]


def _copied(value: Value, names: dict[ObjectId, ObjectId]) -> Value:
    if value.objects <= names.keys():
        return renamed(value, names)
    return UNKNOWN.descending(value)
