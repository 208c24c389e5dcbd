"""What an expression may evaluate to: a set of alternatives and where the data came from.

A value joins by union.  Past a few things, or very many objects, it is simply unknown.
Besides its alternatives a value carries its *lineage*: the forward calls whose graph may
hang on it (`connected`), those from which it descends without a graph (`derived`), and tags
of the data that went into it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, field, replace
from functools import reduce

from flake8_bn_eval.modes.evidence import OF_TENSORS, Tag
from flake8_bn_eval.modes.guards import (
    ALWAYS,
    NO_QUESTIONS,
    UNGUARDED,
    Answer,
    Guard,
    Guards,
    Question,
    asks,
    both,
    either,
    implies,
    on_path,
    questions_of,
    under,
    without,
)
from flake8_bn_eval.modes.things import (
    CallId,
    Constant,
    ObjectId,
    Symbol,
    Thing,
    Unknown,
    held_by,
    in_order,
)

MOST_ALTERNATIVES = 6
MOST_OBJECTS = 48
"""Layers that are replaced by others made of them, in loops, may be any of thousands."""
LONGEST_SUBJECT = 120

UNKNOWN_THING = Unknown()
NO_IDS: frozenset[int] = frozenset()
NO_TAGS: frozenset[Tag] = frozenset()
NO_THINGS: frozenset[Thing] = frozenset()


class _NoGuards(dict["Thing | ObjectId", Guards]):
    """No guards at all; as a default it has to have a hash."""

    __hash__ = object.__hash__  # type: ignore[assignment]


NO_GUARDS: Mapping[Thing | ObjectId, Guards] = _NoGuards()


@dataclass(frozen=True, slots=True)
class Value:
    """Alternatives (objects and other things) and lineage.  Immutable."""

    things: frozenset[Thing] = frozenset()
    objects: frozenset[ObjectId] = NO_IDS
    connected: frozenset[CallId] = NO_IDS
    derived: frozenset[CallId] = NO_IDS
    tags: frozenset[Tag] = NO_TAGS
    guards: Mapping[Thing | ObjectId, Guards] = field(default=NO_GUARDS, hash=False)
    """Those of the alternatives that are not there in any case."""

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
        """Some of the alternatives with the same lineage."""
        every: list[Thing | ObjectId] = [*things, *objects]
        guards = {each: self.guards[each] for each in every if each in self.guards}
        return Value(things, objects, self.connected, self.derived, self.tags, guards)

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

    @property
    def is_data(self) -> bool:
        """Whether it is known to be data, rather than a number, a text or a flag."""
        return bool(self.lineage) or not OF_TENSORS.isdisjoint(self.tags)

    @property
    def is_choice(self) -> bool:
        """Whether it is made of indices or truth values alone: nobody can differentiate it."""
        return Tag.CHOICE in self.tags and not self.connected

    def join(self, other: Value) -> Value:
        """Either of the two."""
        if self is other or self._has(other):
            return self
        things, objects = self.things | other.things, self.objects | other.objects
        count = len(things)
        if count > MOST_ALTERNATIVES or count == 2 and _different_numbers(self, other):
            things = frozenset({UNKNOWN_THING})
        if len(objects) > MOST_OBJECTS:
            things, objects = frozenset({UNKNOWN_THING}), NO_IDS
        return Value(
            things,
            objects,
            self.connected | other.connected,
            self.derived | other.derived,
            self.tags | other.tags,
            self._joined_guards(other) if self.guards or other.guards else NO_GUARDS,
        )

    def _joined_guards(self, other: Value) -> Mapping[Thing | ObjectId, Guards]:
        joined: dict[Thing | ObjectId, Guards] = {}
        for each in {**self.guards, **other.guards}:
            mine, theirs = self.guards_of(each), other.guards_of(each)
            guards = theirs if mine is None else mine if theirs is None else either(mine, theirs)
            if guards is not None and guards != UNGUARDED:
                joined[each] = guards
        return joined

    @property
    def questions(self) -> frozenset[Question]:
        """What its guards ask."""
        if not self.guards:
            return NO_QUESTIONS
        return questions_of(guard for held in self.guards.values() for guard in held)

    @property
    def cases(self) -> list[Value]:
        """Each alternative under each of its guards."""
        if not self.guards:
            return self.alternatives
        return [
            replace(each, guards={alternative: frozenset({guard})})
            for each in self.alternatives
            for alternative in each._all
            for guard in each.guards.get(alternative, UNGUARDED)
        ]

    @property
    def guard(self) -> Guard:
        """What holds wherever one of the alternatives is there, as far as guards tell."""
        held = [guard for each in self._all for guard in self.guards.get(each, UNGUARDED)]
        return frozenset.intersection(*held) if held else ALWAYS

    @property
    def is_told_apart(self) -> bool:
        """Whether just one alternative is there, whatever holds."""
        held = [self.guards.get(each, UNGUARDED) for each in self._all]
        return all(
            both(one, other) is None
            for index, first in enumerate(held)
            for second in held[:index]
            for one in first
            for other in second
        )

    def guards_of(self, alternative: Thing | ObjectId) -> Guards | None:
        """The guards of an alternative, None where it is none of this value."""
        if alternative in (self.objects if isinstance(alternative, int) else self.things):
            return self.guards.get(alternative, UNGUARDED)
        return None

    def where(self, guards: Guards) -> Value:
        """The same value, where one of these guards holds."""
        if ALWAYS in guards:
            return self
        held = {each: self.guards.get(each, UNGUARDED) for each in self._all}
        found = {
            each: frozenset().union(*(under(own, extra) for extra in guards))
            for each, own in held.items()
        }
        return self._guarded(found)

    def part_of(self, alternative: Thing | ObjectId, part: Value) -> Value:
        """A part of one of the alternatives, which is there where that one is."""
        held = self.guards.get(alternative)
        return part if held is None else part.where(held)

    def replacing(self, alternative: Thing | ObjectId, other: Value) -> Value:
        """The value with others for one of its alternatives, where that was there."""
        things, objects = self.things - {alternative}, self.objects - {alternative}
        found = other.where(self.guards.get(alternative, UNGUARDED))
        if not things and not objects:
            return found.descending(self)
        return replace(self, things=things, objects=objects).join(found)

    def merged(self, here: Guard, other: Value, there: Guard) -> Value:
        """Either value where two paths join: what only one has is there under its guard."""
        if self is other or not here and not there:
            return self.join(other)
        if not self._tells and not other._tells:
            return self.join(other)
        if self.things == other.things and self.objects == other.objects:
            if self.guards == other.guards:
                return self.join(other)
        return self._apart(here, other).join(other._apart(there, self))

    def _apart(self, guard: Guard, other: Value) -> Value:
        if not guard:
            return self
        return self._guarded(
            {
                each: held if other.guards_of(each) == held else under(held, guard)
                for each in self._all
                if (held := self.guards.get(each, UNGUARDED))
            }
        )

    @property
    def _tells(self) -> bool:
        """Whether it matters when it is there: an object, something to call, or a flag."""
        return bool(self.objects) or bool(self.guards) or any(map(_is_telling, self.things))

    @property
    def _all(self) -> list[Thing | ObjectId]:
        return [*self.things, *self.objects]

    def on_path(self, answer: Answer, about: Set[str]) -> Value:
        """What is left of the value on a path."""
        if not self.guards or not asks(self.questions, about):
            return self
        left = {each: on_path(held, answer, about) for each, held in self.guards.items()}
        return self if left == self.guards else self._guarded({**self._unguarded_all, **left})

    def forgetting(self, subjects: Set[str]) -> Value:
        """The same value without what guards say about some subjects."""
        if not self.guards or not asks(self.questions, subjects):
            return self
        left = {each: without(held, subjects) for each, held in self.guards.items()}
        return self if left == self.guards else self._guarded({**self._unguarded_all, **left})

    @property
    def _unguarded_all(self) -> dict[Thing | ObjectId, Guards]:
        return dict.fromkeys(self._all, UNGUARDED)

    def unguarded(self) -> Value:
        """The same alternatives, whatever holds."""
        return replace(self, guards=NO_GUARDS) if self.guards else self

    def _guarded(self, guards: Mapping[Thing | ObjectId, Guards]) -> Value:
        """The value with these guards, less the alternatives that can never be."""
        kept = {each: held for each, held in guards.items() if held}
        return Value(
            frozenset(each for each in self.things if each in kept),
            frozenset(each for each in self.objects if each in kept),
            self.connected,
            self.derived,
            self.tags,
            {each: held for each, held in kept.items() if held != UNGUARDED} or NO_GUARDS,
        )

    def _has(self, other: Value) -> bool:
        """Whether another value adds nothing."""
        return (
            other.things <= self.things
            and other.objects <= self.objects
            and other.connected <= self.connected
            and other.derived <= self.derived
            and other.tags <= self.tags
            and (not self.guards or self.guards == other.guards or self._has_where(other))
        )

    def _has_where(self, other: Value) -> bool:
        """Whether every alternative is there wherever the other value has it."""
        return all(
            implies(other.guards_of(each) or UNGUARDED, held)
            for each, held in self.guards.items()
            if other.guards_of(each) is not None
        )

    def covers(self, other: Value) -> bool:
        """Whether another value has no other alternatives, nor in other cases."""
        if self is other:
            return True
        if not other.objects <= self.objects:
            return False
        if not (other.things <= self.things or UNKNOWN_THING in self.things):
            return False
        return not self.guards or self.guards == other.guards or self._has_where(other)

    def descending(self, *parents: Value) -> Value:
        """The same alternatives, with the lineage of the parents as well."""
        connected, derived, tags = self.connected, self.derived, self.tags
        for parent in parents:
            connected |= parent.connected
            derived |= parent.derived
            tags |= parent.tags
        if connected is self.connected and derived is self.derived and tags is self.tags:
            return self
        return Value(self.things, self.objects, connected, derived, tags, self.guards)

    def detached(self) -> Value:
        """The same data without its graph."""
        if not self.connected:
            return self
        derived = self.derived | self.connected
        return Value(self.things, self.objects, NO_IDS, derived, self.tags, self.guards)

    def plain(self) -> Value:
        """The numbers alone: made into a variable again, they are not volatile any more."""
        alone = self.detached()
        volatile = Tag.VOLATILE in alone.tags
        return replace(alone, tags=alone.tags - {Tag.VOLATILE}) if volatile else alone

    def tagged(self, *tags: Tag) -> Value:
        """The same value with more tags."""
        return replace(self, tags=self.tags | frozenset(tags))


def _is_telling(thing: Thing) -> bool:
    if isinstance(thing, Constant):
        return thing.value is None or isinstance(thing.value, bool | str)
    return not isinstance(thing, Unknown | Symbol)


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


def of_thing(thing: Thing) -> Value:
    """The value that is this thing."""
    return Value(frozenset({thing}))


def of_object(identity: ObjectId) -> Value:
    """The value that is this object."""
    return Value(objects=frozenset({identity}))


def of_constant(value: object) -> Value:
    """The value that is this literal."""
    return of_thing(Constant.of(value))


def any_of(values: Sequence[Value]) -> Value:
    """Any of several values, in whatever order they come: very many objects are simply unknown."""
    joined = reduce(Value.join, values, NOTHING)
    if len(NO_IDS.union(*(each.objects for each in values))) <= MOST_OBJECTS:
        return joined
    return replace(joined, things=UNKNOWN.things, objects=NO_IDS, guards=NO_GUARDS)


def descends(*parents: Value) -> Value:
    """An unknown computed from these."""
    return UNKNOWN.descending(*parents)
