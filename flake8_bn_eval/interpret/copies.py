"""Copies of objects: what is copied with them, and what is shared."""

from __future__ import annotations

from dataclasses import replace

from flake8_bn_eval.interpret.frames import Frame
from flake8_bn_eval.interpret.machine import Machine
from flake8_bn_eval.knowledge.rows import CallableRow
from flake8_bn_eval.modes.things import ObjectId
from flake8_bn_eval.modes.values import UNKNOWN, Value
from flake8_bn_eval.modes.world import World
from flake8_bn_eval.operations import Place

MOST_COPIED = 40
"""A deep copy of more objects than this is known only in part."""


class Copies:
    """Deep and shallow copies."""

    def __init__(self, machine: Machine) -> None:
        self.machine = machine

    def copy(
        self,
        path: str,
        row: CallableRow,
        subject: Value,
        world: World,
        frame: Frame,
        place: Place,
    ) -> Value:
        """A deep copy: new objects in the modes of the old ones."""
        names: dict[ObjectId, ObjectId] = {}
        for identity in subject.objects:
            if row.returns == "shallow copy":
                twin = self.machine.identities.number("copy", identity, (place, frame.path))
                names[identity] = twin
                world.bear(twin, replace(world.get(identity), origin=None))
                continue
            self._copy_object(identity, names, (place, frame.path), world)
        copied = replace(subject, objects=frozenset(names[each] for each in subject.objects))
        if row.starts in ("eval", "train"):
            for identity in copied.objects:
                modes = self.machine.constructors.initial_modes(row, path.rpartition(".")[2], place)
                self.machine.mode_switches.set_modes(identity, modes, world, frame, place)
        return copied

    def _copy_object(
        self, identity: ObjectId, names: dict[ObjectId, ObjectId], birth: object, world: World
    ) -> ObjectId:
        if identity in names:
            return names[identity]
        copy = names[identity] = self.machine.identities.number("copy", identity, birth)
        if copy == identity:
            return copy
        state = world.get(identity)
        self._note_made(copy, identity)
        world.bear(copy, replace(state, origin=None))
        fields = {
            key: self._copy_value(value, names, birth, world) for key, value in state.fields.items()
        }
        rest = None if state.rest is None else self._copy_value(state.rest, names, birth, world)
        world.put(copy, replace(world.get(copy), fields=fields, rest=rest))
        return copy

    def _note_made(self, copy: ObjectId, original: ObjectId) -> None:
        made = self.machine.recorder.made
        if original in made:
            made[copy] = made[original]

    def _copy_value(
        self, value: Value, names: dict[ObjectId, ObjectId], birth: object, world: World
    ) -> Value:
        if not value.objects:
            return value
        if len(names) > MOST_COPIED:
            return UNKNOWN.descending(value)
        objects = frozenset(
            self._copy_object(each, names, birth, world) for each in sorted(value.objects)
        )
        return replace(value, objects=objects)
