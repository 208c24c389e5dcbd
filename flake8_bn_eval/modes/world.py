"""A world: one consistent picture of the program at a point.

It holds what every name is, every object with its modes, the gradient mode, and the
assumptions that hold on the path to this point (``phase == "train"``).  Where paths join, what
differs between them is kept under guards; where a path makes an assumption, what contradicts it is
dropped again.
"""

from __future__ import annotations

from collections.abc import Callable, Set
from dataclasses import replace

from flake8_bn_eval.findings import Remark
from flake8_bn_eval.modes import existence
from flake8_bn_eval.modes.ageing import retire
from flake8_bn_eval.modes.assumptions import PLACE, Assumptions
from flake8_bn_eval.modes.footprints import Footprint, Part
from flake8_bn_eval.modes.guards import Guard, Literal, ordered
from flake8_bn_eval.modes.identities import OBJECT_SCOPE, Identities, about_object
from flake8_bn_eval.modes.joining import join
from flake8_bn_eval.modes.joins import is_attribute, join_objects
from flake8_bn_eval.modes.lattice import LOST, Gradients, Modes, remembering
from flake8_bn_eval.modes.objects import Key, Kind, Object, Origin
from flake8_bn_eval.modes.tables import Names, Table, reguarded
from flake8_bn_eval.modes.things import Condition, ObjectId, Symbol
from flake8_bn_eval.modes.values import UNKNOWN, Value, of_object
from flake8_bn_eval.operations import Variable

DEEPEST_CHILD = 6


class World:
    """Names, objects, the gradient mode and the assumptions made.  Mutable; fork to keep."""

    __slots__ = (
        "names",
        "objects",
        "gradients",
        "assumptions",
        "apart",
        "identities",
        "version",
        "edits",
        "subjects",
        "existing",
        "_watching",
    )

    def __init__(self, gradients: Gradients, identities: Identities) -> None:
        self.assumptions = Assumptions(identities)
        self.names: Names[Value] = Names.empty(self.assumptions)
        self.objects: Table[ObjectId, Object] = Table.empty(self.assumptions)
        self.gradients = gradients
        self.apart: frozenset[frozenset[ObjectId]] = frozenset()
        """Pairs of objects that are two, although everything that holds one may hold the other."""
        self.identities = identities
        self.version = 0
        """Equal versions mean equal modes, module objects and gradient mode."""
        self.edits = 0
        """Equal edits as well mean that no test can tell the names apart."""
        self.subjects: frozenset[str] = frozenset()
        """What the guards in this world ask about, and perhaps more."""
        self.existing: frozenset[str] = frozenset()
        """What decides whether some objects exist, and perhaps more."""
        self._watching: Footprint | None = None

    def fork(self) -> World:
        """An independent copy."""
        return self.forked(self.assumptions.copy())

    def forked(self, assumptions: Assumptions) -> World:
        """A copy that is read under other assumptions."""
        copy = World.__new__(World)
        copy.assumptions = assumptions
        copy.names = self.names.fork(assumptions)
        copy.objects = self.objects.fork(assumptions)
        copy.gradients = self.gradients
        copy.apart = self.apart
        copy.identities = self.identities
        copy.version, copy.edits = self.version, self.edits
        copy.subjects, copy.existing = self.subjects, self.existing
        copy._watching = self._watching
        return copy

    def has_moved_on(self, copy: World) -> bool:
        """Whether anything has been done since the last copy of this world, which was not used."""
        return (
            self.names.has_moved_on(copy.names)
            or self.objects.has_moved_on(copy.objects)
            or self.gradients is not copy.gradients
            or self.assumptions.has_moved_on(copy.assumptions)
            or (self.version, self.edits) != (copy.version, copy.edits)
            or self.apart != copy.apart
            or (self.subjects, self.existing) != (copy.subjects, copy.existing)
        )

    def become(self, other: World) -> None:
        """Take over everything of another world, which is consumed."""
        self.names, self.objects = other.names, other.objects
        self.gradients, self.assumptions = other.gradients, other.assumptions
        self.apart = other.apart
        self.version, self.edits = other.version, other.edits
        self.subjects, self.existing = other.subjects, other.existing
        self._watching = other._watching

    @property
    def watching(self) -> Footprint | None:
        """Who notes what is looked at."""
        return self._watching

    def note_reads(self, footprint: Footprint | None) -> None:
        """Note from now on what is looked at, here and in the forks of this world."""
        self._watching = footprint
        self.names.read = None if footprint is None else footprint.names
        self.objects.read = None if footprint is None else footprint.objects
        self.assumptions.asked = None if footprint is None else footprint.questions

    def changed(self) -> None:
        """Something that decides findings is different now."""
        self.version = self.identities.new_version()

    # Names

    def assign(self, variable: Variable, value: Value) -> None:
        """Give a name a value; what was assumed about the old one is forgotten."""
        old = self.names.get(variable)
        if old is not value and (value.objects or (old is not None and old.objects)):
            self.changed()
        if old is not value and (value.constant or old is not None and old.constant):
            self.edits = self.identities.new_version()
        self.forget(variable, chosen=old is not None and _is_same_choice(old, value))
        self.names[variable] = value
        for thing in value.things:
            if isinstance(thing, Symbol | Condition):
                if variable in thing.variables:
                    self.names[variable] = UNKNOWN.descending(value)
                else:
                    self.assumptions.rest(thing.subject, thing.variables)

    def forget(self, variable: Variable, *, chosen: bool = False) -> None:
        """Drop assumptions and conditions that rest on a name's old value.

        ``chosen`` tells that which of several objects it holds is the same as before.
        """
        stale = self.assumptions.about_variable(variable, chosen=chosen)
        if not stale:
            return
        self._forget_guards(stale)
        self.assumptions.forget(stale)
        for name, value in self.names.items():
            if any(_rests_on(thing, stale) for thing in value.things):
                self.names[name] = UNKNOWN.descending(value)

    def suspend(self, scope: int) -> int:
        """A function waits while another activation of it may run: keep its names apart.

        They have a scope of their own meanwhile, whose number is returned.
        """
        apart = OBJECT_SCOPE - self.identities.new_version()
        self._move(scope, apart)
        return apart

    def resume(self, scope: int, apart: int) -> None:
        """Its names are back; those of other activations are gone."""
        self.unbind_scope(scope)
        self._move(apart, scope)

    def _move(self, scope: int, to: int) -> None:
        for variable in self.names.of_scope(scope):
            self.names[to, variable[1]] = self.names[variable]
            del self.names[variable]

    def unbind_scope(self, scope: int) -> None:
        """A call is over: its local names are gone, and what was assumed about them."""
        for variable in self.names.of_scope(scope):
            del self.names[variable]
        stale = self.assumptions.about_scope(scope)
        self._forget_guards(stale)
        self.assumptions.forget(stale)

    # Assumptions

    def suppose(self, condition: Condition, truth: bool) -> None:
        """Go on where a condition holds, or does not: what contradicts that is no more."""
        self.suppose_all(frozenset({self.literal(condition, truth)}))

    def literal(self, condition: Condition, truth: bool) -> Literal:
        """A condition as part of a guard; what it is about is watched from now on."""
        self.assumptions.rest(condition.subject, condition.variables)
        return (condition.subject, condition.constant), truth is not condition.negated

    @property
    def guarded(self) -> bool:
        """Whether anything in it may be there under guards only."""
        return bool(self.names.guarded or self.objects.guarded or self.gradients.questions)

    def watch(self, *guards: Guard) -> None:
        """Something is guarded by these from now on."""
        self.subjects |= {question[0] for guard in guards for question, _ in guard}

    def suppose_all(self, guard: Guard) -> None:
        """Go on where a guard holds."""
        if guard:
            for question, truth in ordered(guard):
                self.assumptions.answered(question, truth)
            about = set().union(*(self.identities.related(question[0]) for question, _ in guard))
            if not self.subjects.isdisjoint(about):
                self.gradients = self.gradients.on_path(self.assumptions.known, about)
                self.changed()
                self.edits = self.identities.new_version()

    def begin_anew(self, condition: Condition) -> None:
        """A condition that only its place names is evaluated again: the old answer is gone."""
        self._forget_guards([condition.subject])
        self.assumptions.set((condition.subject, condition.constant), None)

    def _forget_guards(self, subjects: list[str]) -> None:
        """What is asked about some subjects means something else from now on.

        What their answers leave out is gone for good, and the guards speak of them no more.
        """
        existence.forget(self.existing.intersection(subjects), self)
        stale = self.subjects.intersection(subjects)
        if stale:
            known = self.assumptions.known
            self._reguard(
                stale,
                lambda modes: modes.on_path(known, stale).forgetting(stale),
                lambda value: value.on_path(known, stale).forgetting(stale),
            )
            self.gradients = self.gradients.forgetting(stale)
            self.subjects -= stale

    def drop_guards(self) -> None:
        """Take everything for possible in any case."""
        existence.forget(self.existing, self)
        if self.subjects:
            known, about = self.assumptions.known, self.subjects
            self._reguard(
                about,
                lambda modes: modes.on_path(known, about).unguarded(),
                lambda value: value.on_path(known, about).unguarded(),
            )
            self.gradients = self.gradients.unguarded()
            self.subjects = frozenset()

    def _reguard(
        self,
        about: Set[str],
        modes: Callable[[Modes], Modes],
        values: Callable[[Value], Value],
    ) -> None:
        """Put everything whose guards ask about something under other guards."""
        modes = remembering(modes)
        names = reguarded(self.names, values, about)
        objects = reguarded(self.objects, lambda state: state.reguarded(modes, values), about)
        if names or objects:
            self.changed()
            self.edits = self.identities.new_version()

    def lasting(self, gradients: Gradients) -> Gradients:
        """A gradient mode of before, without guards that speak of what is forgotten by now.

        A test that only its place names may have come out another way in the meantime.
        """
        asked = {question[0] for question in gradients.questions}
        gone = (asked - self.subjects) | {each for each in asked if each.startswith(PLACE)}
        return gradients.forgetting(gone) if gone else gradients

    def answer(self, condition: Condition) -> bool | None:
        """Whether a condition holds under the assumptions made."""
        return self.assumptions.answer(condition)

    # Objects

    def get(self, identity: ObjectId) -> Object:
        """The object with this number; of one born in a world not joined here nothing is known."""
        state = self.objects.get(identity)
        if state is None:
            state = self.objects[identity] = Object(Kind.UNKNOWN, "", LOST, LOST)
        return state

    def shape(self, identity: ObjectId) -> Object:
        """The object, for somebody who looks at nothing but what sort of object it is."""
        state = self.objects.peek(identity)
        if state is None:
            return self.get(identity)
        if self._watching is not None:
            self._watching.parts.add((identity, Part.SHAPE))
        return state

    def field(self, identity: ObjectId, key: Key) -> Value | None:
        """One field of an object."""
        state = self.objects.peek(identity)
        if state is None:
            return self.get(identity).fields.get(key)
        if self._watching is not None:
            self._watching.parts.add((identity, key))
        value = state.fields.get(key)
        return self.assumptions.narrowed(value) if value is not None and value.guards else value

    def set_field(self, identity: ObjectId, key: Key, value: Value) -> None:
        """Replace one field of an object."""
        state = self.objects.peek(identity) or self.get(identity)
        self.put(identity, state.with_field(key, value))

    def put(self, identity: ObjectId, state: Object) -> None:
        """Replace an object."""
        old = self.objects.peek(identity)
        if old is state:
            return
        self.objects[identity] = state
        plain = state.kind in (Kind.SEQUENCE, Kind.MAPPING) and not state.registers
        if not plain or old is None or old.held != state.held:
            self.changed()

    def bear(self, identity: ObjectId, state: Object) -> Value:
        """A new object.  Where a loop bears it again, the last one becomes an older one."""
        old = self.objects.get(identity)
        if old is not None:
            self.forget(about_object(identity))
            if old.many:
                state = replace(join_objects(old, state), many=True)
            else:
                self.retire(identity)
        self.put(identity, state)
        return of_object(identity)

    def retire(self, *identities: ObjectId) -> None:
        """Objects that were born in an earlier pass make room for the next ones."""
        retire(identities, self)

    def set_gradients(self, gradients: Gradients) -> None:
        """Change the gradient mode."""
        if gradients is not self.gradients:
            self.gradients = gradients
            self.changed()

    def child(self, parent: ObjectId, key: Key, unset: Remark | None = None) -> Value:
        """The attribute or element of an object; one that nobody has seen is born now.

        A child of a module has the mode in which its tree was last put.  A child of
        anything else comes in from outside: its mode is unset, with ``unset`` as witness.
        """
        known = self.field(parent, key)
        if known is not None:
            return known
        owner = self.get(parent)
        if isinstance(owner.rest, Value) and not is_attribute(key):
            return owner.rest
        depth = 1 if owner.origin is None else owner.origin.depth + 1
        if depth > DEEPEST_CHILD:
            # A walk along `node.next` would be born anew for ever.
            return of_object(parent)
        identity = self.identities.number("child", parent, key)
        value = of_object(identity)
        if identity not in self.objects:
            self.objects[identity] = self._unseen(owner, parent, key)
        self.objects[parent] = owner.with_field(key, value)
        return value

    def _unseen(self, owner: Object, parent: ObjectId, key: Key) -> Object:
        name = f"{owner.name}{key}" if is_attribute(key) else f"{owner.name}[{key!r}]"
        return Object(
            kind=Kind.UNKNOWN,
            name=name,
            modes=owner.tree,
            tree=owner.tree,
            origin=Origin(parent, key, 1 if owner.origin is None else owner.origin.depth + 1),
            frozen=owner.frozen,
            many=owner.many,
        )

    def join(self, other: World) -> World:
        """One world that covers both; consumes both."""
        return join(self, other)

    def forget_modes(self, modes: Modes) -> None:
        """Every module may now be in any of these modes as well."""
        for identity, state in list(self.objects.items()):
            if state.may_be_module:
                self.put(identity, state.in_modes(state.modes.join(modes), recursive=True))

    def lose_modes(self) -> None:
        """Nothing is known any more of the mode of any module."""
        for identity, state in list(self.objects.items()):
            if state.may_be_module:
                self.put(identity, state.in_modes(LOST, recursive=True))


def _is_same_choice(old: Value, new: Value) -> bool:
    """Whether a name that held one of several objects holds the same one: ``net = net.to(0)``."""
    same = old.objects == new.objects and old.things == new.things
    return bool(new.objects) and same and old.guards == new.guards


def _rests_on(thing: object, stale: list[str]) -> bool:
    return isinstance(thing, Symbol | Condition) and thing.subject in stale
