"""What a call did, for a later one that finds the same.

While a body runs, what it looks at is noted: its *footprint*, the names, objects and answers
that it found on entry.  A call on the same way that finds the same again has the same effects;
they are applied, and nothing is run.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice
from typing import TypeVar

from flake8_bn_eval.modes.assumptions import Guarded
from flake8_bn_eval.modes.footprints import Footprint, Part
from flake8_bn_eval.modes.guards import Question, questions_of
from flake8_bn_eval.modes.joins import same_flags, same_objects, same_shape
from flake8_bn_eval.modes.lattice import Gradients, Modes
from flake8_bn_eval.modes.objects import Key, Object
from flake8_bn_eval.modes.tables import Table
from flake8_bn_eval.modes.things import ObjectId
from flake8_bn_eval.modes.values import Value
from flake8_bn_eval.modes.world import World
from flake8_bn_eval.operations import Variable

K = TypeVar("K")
V = TypeVar("V", bound=Guarded)

MOST_WAYS = 4
"""So many ways to one and the same call are told apart."""
MOST_SUMMARIES = 8
"""Of one call; the oldest goes.  A loop needs as many passes until it is stable."""


@dataclass(slots=True)
class Change:
    """What is different of an object that is there before and after."""

    modes: Modes | None
    tree: Modes | None
    fields: dict[Key, Value | None]

    @staticmethod
    def between(before: Object, after: Object) -> Change | None:
        """The difference, None where it is another sort of object or holds other elements."""
        if not same_shape(before, after) or before.rest is not after.rest:
            return None
        fields = {
            key: after.fields.get(key)
            for key in {**before.fields, **after.fields}
            if before.fields.get(key) is not after.fields.get(key)
        }
        return Change(
            None if before.modes is after.modes else after.modes,
            None if before.tree is after.tree else after.tree,
            fields,
        )

    @property
    def parts(self) -> list[Part | Key]:
        """What of the object before the difference may depend on."""
        kept = self.modes is None and self.tree is None
        return [Part.SHAPE, *self.fields, *(() if kept else (Part.MODES,))]

    def apply(self, state: Object) -> Object:
        """The same done to an object that has those parts."""
        fields = {**state.fields, **self.fields}
        return state.with_contents(
            self.modes or state.modes,
            self.tree or state.tree,
            {key: value for key, value in fields.items() if value is not None},
            state.rest,
            state.kind,
        )


@dataclass(slots=True)
class Effects:
    """How a world differs from the one before."""

    names: dict[Variable, Value | None]
    objects: dict[ObjectId, Object | None]
    """Objects that are new, gone, or another sort of object."""
    changes: dict[ObjectId, Change]
    gradients: Gradients
    truths: dict[Question, bool | None]
    apart: frozenset[frozenset[ObjectId]]
    subjects: frozenset[str]
    existing: frozenset[str]
    variables: dict[str, frozenset[Variable]]
    has_changed: bool
    """Whether anything is different that decides findings."""

    @staticmethod
    def between(entry: World, after: World) -> Effects:
        """What has been done since the entry; the world may go on."""
        before, now = entry.assumptions.truths, after.assumptions.truths
        truths: dict[Question, bool | None] = {
            question: now.get(question)
            for question in {**before, **now}
            if before.get(question) is not now.get(question)
        }
        objects, changes = _changed(entry.objects, after.objects), {}
        for identity, state in list(objects.items()):
            old = entry.objects.peek(identity)
            change = None if old is None or state is None else Change.between(old, state)
            if change is not None:
                changes[identity] = change
                del objects[identity]
        names = _changed(entry.names, after.names)
        return Effects(
            names,
            objects,
            changes,
            after.gradients,
            truths,
            after.apart,
            after.subjects,
            after.existing,
            after.assumptions.variables.copy(),
            entry.version != after.version,
        )

    def apply(self, world: World) -> None:
        """Do the same to a world that looks like the one at entry."""
        for variable, value in self.names.items():
            if value is None:
                world.names.remove(variable)
            else:
                world.names[variable] = value
        for identity, state in self.objects.items():
            if state is None:
                world.objects.remove(identity)
            else:
                world.objects[identity] = state
        for identity, change in self.changes.items():
            old = world.objects.peek(identity)
            if old is not None:
                world.objects[identity] = change.apply(old)
        world.gradients = self.gradients
        for question, truth in self.truths.items():
            world.assumptions.set(question, truth)
        world.apart |= self.apart
        world.subjects |= self.subjects
        world.existing |= self.existing
        world.assumptions.variables.update(self.variables)
        if self.has_changed:
            world.changed()
        world.edits = world.identities.new_version()

    def depend_on(self, footprint: Footprint) -> None:
        """What it was before also decides what something is afterwards."""
        footprint.names.update(self.names)
        footprint.objects.update(self.objects)
        for identity, change in self.changes.items():
            footprint.parts.update((identity, part) for part in change.parts)


def _changed(entry: Table[K, V], after: Table[K, V]) -> dict[K, V | None]:
    return {
        key: after.peek(key)
        for key in entry.differing(after)
        if entry.peek(key) is not after.peek(key)
    }


@dataclass(slots=True)
class Found:
    """What a run looked at, as it was on entry."""

    gradients: Gradients
    names: dict[Variable, Value | None]
    objects: dict[ObjectId, Object | None]
    parts: dict[ObjectId, tuple[Object | None, Object | None]]
    """Objects of which it looked at parts: as they were kept, and what was left of them."""
    looked_at: frozenset[tuple[ObjectId, Part | Key]]
    """These parts.  Worlds that the run has left go on writing into its footprint."""
    answers: dict[Question, bool | None]

    @staticmethod
    def of(entry: World, footprint: Footprint) -> Found:
        """What is behind a footprint in the world at entry."""
        names, objects, known = entry.names, entry.objects, entry.assumptions.known
        looked_at = frozenset(footprint.parts)
        partly = {identity for identity, _ in looked_at}
        questions = footprint.questions | questions_of(footprint.guards)
        return Found(
            entry.gradients,
            {each: names.left(each) for each in footprint.names},
            {each: objects.left(each) for each in footprint.objects},
            {each: (objects.peek(each), objects.left(each)) for each in partly},
            looked_at,
            {each: known(each) for each in questions},
        )

    def is_in(self, world: World) -> bool:
        """Whether a world has all of it."""
        if world.gradients is not self.gradients and world.gradients != self.gradients:
            return False
        for identity, mine in self.objects.items():
            theirs = world.objects.left(identity)
            if mine is not theirs and (
                mine is None or theirs is None or not same_objects(mine, theirs)
            ):
                return False
        if not all(self._has_part(world, *part) for part in self.looked_at):
            return False
        for variable, value in self.names.items():
            other = world.names.left(variable)
            if value is not other and value != other:
                return False
        known = world.assumptions.known
        return all(known(question) is truth for question, truth in self.answers.items())

    def _has_part(self, world: World, identity: ObjectId, part: Part | Key) -> bool:
        kept, mine = self.parts[identity]
        theirs = world.objects.peek(identity)
        if kept is theirs or kept is None or theirs is None:
            return kept is theirs
        if part is Part.SHAPE:
            return same_shape(kept, theirs)
        theirs = world.objects.left(identity)
        assert mine is not None
        assert theirs is not None
        if part is Part.MODES:
            return same_flags(mine, theirs)
        return mine.fields.get(part) == theirs.fields.get(part)


@dataclass(slots=True)
class Summary:
    """One run of a body: what it found, and what it did."""

    footprint: Footprint
    effects: Effects | None
    """None where the call never returns."""
    result: Value
    raised: Effects | None
    found: Found

    @staticmethod
    def of(
        entry: World,
        footprint: Footprint,
        effects: Effects | None,
        result: Value,
        raised: Effects | None,
    ) -> Summary:
        """The summary of a run that began in a world, of which nothing else is kept."""
        for each in (effects, raised):
            if each is not None:
                each.depend_on(footprint)
        return Summary(footprint, effects, result, raised, Found.of(entry, footprint))

    @property
    def bears_modules(self) -> bool:
        """Whether what it leaves may be a module that was not there before."""
        effects = self.effects
        return effects is not None and any(
            state is not None and state.may_be_module and self.found.objects[identity] is None
            for identity, state in effects.objects.items()
        )

    def fits(self, world: World) -> bool:
        """Whether a world has all that the run looked at."""
        return self.found.is_in(world)


class Summaries:
    """The summaries of every call, by the way that leads to it.

    A call that has done the same on `MOST_WAYS` other ways does it on this one, too: it is as if
    it had come by one of those.  Else functions that call each other come to the innermost by
    more ways than anybody could read about.
    """

    def __init__(self) -> None:
        self._kept: dict[object, list[Summary]] = {}
        self._elsewhere: dict[object, list[Summary]] = {}

    def find(self, call: object, way: object, world: World) -> Summary | None:
        """A summary of the same call in a world that looks the same."""
        known = next((s for s in self._kept.get((call, way), ()) if s.fits(world)), None)
        if known is not None:
            return known
        others = self._elsewhere.get(call, ())
        if len(others) < MOST_WAYS:
            return None
        fitting = list(islice((each for each in others if each.fits(world)), MOST_WAYS))
        return fitting[0] if len(fitting) >= MOST_WAYS else None

    def keep(self, call: object, way: object, summary: Summary) -> None:
        """Keep what a call did."""
        key = call, way
        kept = self._kept.setdefault(key, [])
        if not kept and not summary.bears_modules:
            self._elsewhere.setdefault(call, []).append(summary)
        kept.insert(0, summary)
        del kept[MOST_SUMMARIES:]
