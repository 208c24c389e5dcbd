"""What an expression may evaluate to: a set of alternatives and where the data came from.

A value joins by union.  Past a few things, or very many objects, it is simply unknown.
Besides its alternatives a value carries its *lineage*: the forward calls whose graph may
hang on it (`connected`), those from which it descends without a graph (`derived`), and tags
of the data that went into it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from flake8_bn_eval.modes.evidence import Tag
from flake8_bn_eval.modes.things import (
    CallId,
    Constant,
    ObjectId,
    Thing,
    Unknown,
    held_by,
    in_order,
    renamed_thing,
)

if TYPE_CHECKING:
    pass


MOST_ALTERNATIVES = 6
MOST_OBJECTS = 48
"""Layers that are replaced by others made of them, in loops, may be any of thousands."""
LONGEST_SUBJECT = 120


UNKNOWN_THING = Unknown()
NO_IDS: frozenset[int] = frozenset()
NO_TAGS: frozenset[Tag] = frozenset()
NO_THINGS: frozenset[Thing] = frozenset()


@dataclass(frozen=True, slots=True)
class Value:
    """Alternatives (objects and other things) and lineage.  Immutable."""

    things: frozenset[Thing] = frozenset()
    objects: frozenset[ObjectId] = NO_IDS
    connected: frozenset[CallId] = NO_IDS
    derived: frozenset[CallId] = NO_IDS
    tags: frozenset[Tag] = NO_TAGS

    @property
    def only_object(self) -> ObjectId | None:
        """The object that this value must be, if there is exactly one."""
        if len(self.objects) == 1 and not self.things:
            return next(iter(self.objects))
        return None

    @property
    def only_thing(self) -> Thing | None:
        """The thing that this value must be, if there is exactly one."""
        if len(self.things) == 1 and not self.objects:
            return next(iter(self.things))
        return None

    @property
    def constant(self) -> Constant | None:
        """The literal that this value must be, if it is one."""
        thing = self.only_thing
        return thing if isinstance(thing, Constant) else None

    @property
    def alternatives(self) -> list[Value]:
        """Each thing and each object as a value of its own."""
        return [
            *(self._being(frozenset({thing}), NO_IDS) for thing in in_order(self.things)),
            *(self._being(NO_THINGS, frozenset({each})) for each in sorted(self.objects)),
        ]

    def _being(self, things: frozenset[Thing], objects: frozenset[ObjectId]) -> Value:
        """Other alternatives with the same lineage."""
        return Value(things, objects, self.connected, self.derived, self.tags)

    @property
    def held(self) -> frozenset[ObjectId]:
        """Every object that it is or speaks of."""
        held = self.objects
        for thing in self.things:
            if thing.holding:
                held |= held_by(thing)
        return held

    @property
    def lineage(self) -> frozenset[CallId]:
        """Every forward call that this value descends from."""
        return self.connected | self.derived

    def join(self, other: Value) -> Value:
        """Either of the two."""
        if self is other or self._has(other):
            return self
        things, objects = self.things | other.things, self.objects | other.objects
        if len(things) > MOST_ALTERNATIVES or _different_numbers(self, other):
            things = frozenset({UNKNOWN_THING})
        if len(objects) > MOST_OBJECTS:
            things, objects = frozenset({UNKNOWN_THING}), NO_IDS
        return Value(
            things,
            objects,
            self.connected | other.connected,
            self.derived | other.derived,
            self.tags | other.tags,
        )

    def _has(self, other: Value) -> bool:
        """Whether another value adds nothing."""
        return (
            other.things <= self.things
            and other.objects <= self.objects
            and other.connected <= self.connected
            and other.derived <= self.derived
            and other.tags <= self.tags
        )

    def descending(self, *parents: Value) -> Value:
        """The same alternatives, with the lineage of the parents as well."""
        connected, derived, tags = self.connected, self.derived, self.tags
        for parent in parents:
            connected |= parent.connected
            derived |= parent.derived
            tags |= parent.tags
        if connected is self.connected and derived is self.derived and tags is self.tags:
            return self
        return Value(self.things, self.objects, connected, derived, tags)

    def detached(self) -> Value:
        """The same data without its graph."""
        if not self.connected:
            return self
        return Value(self.things, self.objects, NO_IDS, self.derived | self.connected, self.tags)

    def tagged(self, *tags: Tag) -> Value:
        """The same value with more tags."""
        return Value(
            self.things, self.objects, self.connected, self.derived, self.tags | frozenset(tags)
        )


def _different_numbers(first: Value, second: Value) -> bool:
    """Counters would grow for ever; two different numbers are any number."""
    one, other = first.constant, second.constant
    return (
        one is not None
        and other is not None
        and one != other
        and isinstance(one.value, int | float)
        and not isinstance(one.value, bool)
    )


NOTHING = Value()
UNKNOWN = Value(frozenset({UNKNOWN_THING}))
NONE = Value(frozenset({Constant.of(None)}))


def renamed(value: Value, names: Mapping[ObjectId, ObjectId]) -> Value:
    """The same value where objects have got other numbers."""
    objects, things = value.objects, value.things
    if objects and not objects.isdisjoint(names):
        objects = frozenset(names.get(each, each) for each in objects)
    for thing in things:
        if thing.holding:
            things = frozenset(renamed_thing(each, names) for each in things)
            break
    if objects is value.objects and (things is value.things or things == value.things):
        return value
    return replace(value, objects=objects, things=things)


def of_thing(thing: Thing) -> Value:
    """The value that is this thing."""
    return Value(frozenset({thing}))


def of_object(identity: ObjectId) -> Value:
    """The value that is this object."""
    return Value(objects=frozenset({identity}))


def of_constant(value: object) -> Value:
    """The value that is this literal."""
    return of_thing(Constant.of(value))


def descends(*parents: Value) -> Value:
    """An unknown computed from these."""
    return UNKNOWN.descending(*parents)
