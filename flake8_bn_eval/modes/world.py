"""A world: one consistent picture of the program at a point.

It holds what every name is, every object with its modes, the gradient mode, and the
assumptions under which it is true (``phase == "train"``).  A state is a few worlds
under different assumptions; see ``states``.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from flake8_bn_eval.findings import Remark
from flake8_bn_eval.modes.lattice import Gradients, Mode, Modes
from flake8_bn_eval.modes.objects import Key, Kind, Object, Origin
from flake8_bn_eval.modes.values import (
    NOTHING,
    UNKNOWN,
    UNKNOWN_THING,
    Condition,
    Constant,
    ObjectId,
    Symbol,
    Value,
    of_object,
    renamed,
)
from flake8_bn_eval.operations import Variable

Question = tuple[str, Constant | None]
"""A subject and the constant it may equal; None asks whether it is true."""


OBJECT_SCOPE = -2
DEEPEST_CHILD = 6
LOST = Modes.only(Mode.UNKNOWN)
WHICH = "which "
"""Start of the subject of an assumption about what a name holds."""


def about_object(identity: ObjectId) -> Variable:
    """The pseudo-variable on which assumptions about an object rest."""
    return OBJECT_SCOPE, str(identity)


def about_field(identity: ObjectId, name: str) -> Variable:
    """The pseudo-variable on which assumptions about an attribute rest."""
    return OBJECT_SCOPE, f"{identity}.{name}"


def about_mode(identity: ObjectId) -> Variable:
    """The pseudo-variable on which assumptions about a saved mode rest."""
    return OBJECT_SCOPE, f"mode of {identity}"


def owner_of(variable: Variable) -> ObjectId | None:
    """The object on which assumptions about such a pseudo-variable rest."""
    if variable[0] != OBJECT_SCOPE:
        return None
    return int(variable[1].partition(".")[0].rpartition(" ")[2])


class Identities:
    """Numbers for objects: the same for the same path of birth, so loops find them again."""

    def __init__(self) -> None:
        self.conjunctions: dict[str, tuple[Condition, ...]] = {}
        self.repeated: set[ObjectId] = set()
        """The objects that a loop bears again and again."""
        self._numbers: dict[object, ObjectId] = {}
        self._version = 0
        self.effort = 0
        """What joining worlds has cost, in units of about one evaluated expression."""

    def number(self, *path: object) -> ObjectId:
        """The number of the object born at a path."""
        return self._numbers.setdefault(path, len(self._numbers))

    def conjunction(self, parts: Sequence[Condition]) -> str:
        """The subject that is true when all these conditions hold."""
        subject = f"({' and '.join(_text(part) for part in parts)})"
        self.conjunctions[subject] = tuple(parts)
        return subject

    def older(self, identity: ObjectId) -> ObjectId:
        """The number of all objects of the same birth but the last one."""
        number = self.number("older", identity)
        self.repeated |= {number, identity}
        return number

    def new_version(self) -> int:
        """A number that no world has had."""
        self._version += 1
        return self._version


class World:
    """Names, objects, the gradient mode and the assumptions made.  Mutable; fork to keep."""

    __slots__ = (
        "names",
        "objects",
        "gradients",
        "assumptions",
        "variables_of",
        "identities",
        "version",
        "edits",
    )

    def __init__(self, gradients: Gradients, identities: Identities) -> None:
        self.names: dict[Variable, Value] = {}
        self.objects: dict[ObjectId, Object] = {}
        self.gradients = gradients
        self.assumptions: dict[Question, bool] = {}
        self.variables_of: dict[str, frozenset[Variable]] = {}
        self.identities = identities
        self.version = 0
        """Equal versions mean equal modes, module objects and gradient mode."""
        self.edits = 0
        """Equal edits as well mean that no test can tell the names apart."""

    def fork(self) -> World:
        """An independent copy."""
        copy = World(self.gradients, self.identities)
        copy.names = self.names.copy()
        copy.objects = self.objects.copy()
        copy.assumptions = self.assumptions.copy()
        copy.variables_of = self.variables_of.copy()
        copy.version, copy.edits = self.version, self.edits
        return copy

    def become(self, other: World) -> None:
        """Take over everything of another world, which is consumed."""
        self.names, self.objects = other.names, other.objects
        self.gradients, self.assumptions = other.gradients, other.assumptions
        self.variables_of, self.version = other.variables_of, other.version
        self.edits = other.edits

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
        self.forget(variable)
        self.names[variable] = value
        for thing in value.things:
            if isinstance(thing, Symbol | Condition):
                if variable in thing.variables:
                    self.names[variable] = UNKNOWN.descending(value)
                else:
                    self.variables_of[thing.subject] = thing.variables

    def forget(self, variable: Variable) -> None:
        """Drop assumptions and conditions that rest on a name's old value."""
        stale = [s for s, variables in self.variables_of.items() if variable in variables]
        if not stale:
            return
        for subject in stale:
            del self.variables_of[subject]
        self.assumptions = {q: t for q, t in self.assumptions.items() if q[0] not in stale}
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
        for variable in [each for each in self.names if each[0] == scope]:
            self.names[to, variable[1]] = self.names.pop(variable)

    def unbind_scope(self, scope: int) -> None:
        """A call is over: its local names are gone, and what was assumed about them."""
        for variable in [each for each in self.names if each[0] == scope]:
            del self.names[variable]
        stale = [
            subject
            for subject, variables in self.variables_of.items()
            if any(variable[0] == scope for variable in variables)
        ]
        for subject in stale:
            del self.variables_of[subject]
        if stale:
            self.assumptions = {q: t for q, t in self.assumptions.items() if q[0] not in stale}

    def suppose(self, condition: Condition, truth: bool) -> None:
        """Assume that a condition holds, or that it does not."""
        question = (condition.subject, condition.constant)
        holds = truth is not condition.negated
        self.assumptions[question] = holds
        self.variables_of[condition.subject] = condition.variables
        if holds:
            for part in self.identities.conjunctions.get(condition.subject, ()):
                self.suppose(part, True)

    def answer(self, condition: Condition) -> bool | None:
        """Whether a condition holds under the assumptions made."""
        constant = condition.constant
        known = self.assumptions.get((condition.subject, constant))
        if known is None and self.assumptions:
            known = self._infer(condition.subject, constant)
        return None if known is None else known is not condition.negated

    def _infer(self, subject: str, constant: Constant | None) -> bool | None:
        """What follows from a subject's being equal to another constant, or from its parts."""
        conjunctions = self.identities.conjunctions
        if subject in conjunctions:
            answers = [self.answer(part) for part in conjunctions[subject]]
            if False in answers:
                return False
            if None not in answers:
                return True
        elif conjunctions:
            left_out = self._left_out(subject, constant)
            if left_out is not None:
                return left_out
        for (other, equal), truth in self.assumptions.items():
            if other == subject and equal is not None:
                follows = _follows(equal.value, truth, constant)
                if follows is not None:
                    return follows
        return None

    def _left_out(self, subject: str, constant: Constant | None) -> bool | None:
        """The one part of a conjunction that must fail, because the others hold."""
        for (whole, _), truth in self.assumptions.items():
            for part in () if truth else self.identities.conjunctions.get(whole, ()):
                if (part.subject, part.constant) == (subject, constant):
                    parts = self.identities.conjunctions[whole]
                    others = [each for each in parts if each is not part]
                    if all(self.assumptions.get((each.subject, each.constant)) is not each.negated
                           and (each.subject, each.constant) in self.assumptions
                           for each in others):
                        return part.negated
        return None

    def difference(
        self, other: World, is_local: Callable[[Variable], bool]
    ) -> Condition | None:
        """What is assumed here and denied there, of nothing local."""
        for (subject, constant), truth in self.assumptions.items():
            if other.assumptions.get((subject, constant)) is (not truth):
                variables = self.variables_of.get(subject, frozenset())
                local = any(is_local(variable) for variable in variables)
                if variables and not local and not subject.startswith(WHICH):
                    return Condition(subject, variables, constant)
        return None

    # Objects

    def get(self, identity: ObjectId) -> Object:
        """The object with this number; of one born in a world not joined here nothing is known."""
        state = self.objects.get(identity)
        if state is None:
            state = self.objects[identity] = Object(Kind.UNKNOWN, "", LOST, LOST)
        return state

    def put(self, identity: ObjectId, state: Object) -> None:
        """Replace an object."""
        self.objects[identity] = state
        if state.kind not in (Kind.SEQUENCE, Kind.MAPPING) or state.registers:
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

    def retire(self, identity: ObjectId) -> None:
        """An object that was born in an earlier pass makes room for the next one.

        Whoever still holds it holds the older one from now on; the third and all
        that follow are joined with it.
        """
        state = self.objects[identity]
        if state.kind in (Kind.SEQUENCE, Kind.MAPPING) and not self._holds_modules(state):
            return
        names = {identity: self.identities.older(identity)}
        self._add_unseen_children(identity, names)
        if not self._rename(names):
            return
        for old, new in names.items():
            moved = self._moved(self.objects.pop(old), names)
            known = self.objects.get(new)
            if known is not None:
                moved = replace(join_objects(known, moved), many=True)
            self.put(new, moved)

    def _holds_modules(self, state: Object) -> bool:
        """Whether it matters which of several lists this is."""
        if state.registers:
            return True
        values = [*state.fields.values(), *([] if state.rest is None else [state.rest])]
        held = (self.objects.get(each) for value in values for each in value.objects)
        return any(each is not None and each.may_be_module for each in held)

    def _add_unseen_children(self, identity: ObjectId, names: dict[ObjectId, ObjectId]) -> None:
        """Children born by being looked at move along with their parent."""
        for value in self.objects[identity].fields.values():
            for child in value.objects:
                state = self.objects.get(child)
                if state is None or state.origin is None or child in names:
                    continue
                if state.origin.parent == identity:
                    key = state.origin.key
                    names[child] = self.identities.number("child", names[identity], key)
                    self._add_unseen_children(child, names)

    def _rename(self, names: dict[ObjectId, ObjectId]) -> bool:
        """Give objects other numbers wherever they are held; whether they were held at all."""
        held = False
        for variable, value in self.names.items():
            new = renamed(value, names)
            if new is not value:
                self.names[variable] = new
                held = True
        for owner, state in list(self.objects.items()):
            if owner not in names and (state.fields or state.rest or state.origin):
                moved = self._moved(state, names)
                if moved is not state:
                    self.objects[owner] = moved
                    held = True
        return held

    def _moved(self, state: Object, names: dict[ObjectId, ObjectId]) -> Object:
        changed: dict[Key, Value] = {}
        for key, value in state.fields.items():
            new = renamed(value, names)
            if new is not value:
                changed[key] = new
        rest = None if state.rest is None else renamed(state.rest, names)
        origin = state.origin
        if origin is not None and origin.parent in names:
            origin = replace(origin, parent=names[origin.parent])
        if not changed and rest is state.rest and origin is state.origin:
            return state
        return replace(state, fields={**state.fields, **changed}, rest=rest, origin=origin)

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
        owner = self.get(parent)
        known = owner.fields.get(key)
        if known is not None:
            return known
        if isinstance(owner.rest, Value) and not _is_attribute(key):
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
        name = f"{owner.name}{key}" if _is_attribute(key) else f"{owner.name}[{key!r}]"
        return Object(
            kind=Kind.UNKNOWN,
            name=name,
            modes=owner.tree,
            tree=owner.tree,
            origin=Origin(parent, key, 1 if owner.origin is None else owner.origin.depth + 1),
            frozen=owner.frozen,
            many=owner.many,
        )

    # Joining

    def join(self, other: World) -> World:
        """One world that covers both; consumes both."""
        self.identities.effort += 1 + (len(self.names) + len(self.objects)) // 32
        joined = World(self.gradients.join(other.gradients), self.identities)
        joined.assumptions = {
            question: truth
            for question, truth in self.assumptions.items()
            if other.assumptions.get(question) is truth
        }
        joined.variables_of = {
            s: v for s, v in self.variables_of.items() if other.variables_of.get(s) == v
        }
        if self.version != other.version:
            self._materialise(other)
            other._materialise(self)
        names = joined.names
        # A name that only one side has assigned can be read only where that side came from.
        names.update(other.names)
        for variable, value in self.names.items():
            theirs = names.get(variable)
            names[variable] = (
                value if theirs is None or theirs is value else value.join(theirs)
            )
        objects = joined.objects = {**other.objects, **self.objects}
        for identity, theirs_ in other.objects.items():
            mine = self.objects.get(identity)
            if mine is not None and mine is not theirs_:
                objects[identity] = join_objects(mine, theirs_)
        if self.version == other.version:
            joined.version = self.version
        else:
            joined.changed()
        return joined

    def _materialise(self, other: World) -> None:
        """Look at every child that the other world has looked at."""
        for identity in other.objects.keys() - self.objects.keys():
            origin = other.objects[identity].origin
            if origin is not None:
                self._look_at(origin, other)

    def _look_at(self, origin: Origin, other: World) -> None:
        if origin.parent not in self.objects:
            above = other.objects[origin.parent].origin
            if above is None:
                return
            self._look_at(above, other)
        if origin.parent in self.objects:
            self.child(origin.parent, origin.key)

    def covers(self, other: World) -> bool:
        """Whether nothing that decides a finding is new in ``other``."""
        if self.gradients != other.gradients or self.assumptions != other.assumptions:
            return False
        for identity, theirs in other.objects.items() if self.version != other.version else ():
            mine = self.objects.get(identity)
            if mine is None:
                if theirs.matters and theirs.origin is None:
                    return False
            elif mine is not theirs and not _same(mine, theirs):
                return False
        return all(
            _value_covers(self.names[variable], value)
            for variable, value in other.names.items()
            if variable in self.names
        )

    def forget_modes(self, modes: Modes) -> None:
        """Every module may now be in any of these modes."""
        for identity, state in list(self.objects.items()):
            if state.may_be_module:
                self.put(identity, state.in_modes(state.modes.join(modes), recursive=True))


def join_objects(first: Object, second: Object) -> Object:
    """One object that covers both states of it; the first one where it does so already."""
    modes, tree = first.modes.join(second.modes), first.tree.join(second.tree)
    fields, rest = _join_contents(first, second)
    changed = (
        modes is not first.modes
        or tree is not first.tree
        or fields is not first.fields
        or rest is not first.rest
        or first.kind is not second.kind
        or first.seen is not second.seen
        or first.frozen is not second.frozen
        or first.many is not second.many
    )
    if not changed:
        return first
    return replace(
        first,
        modes=modes,
        tree=tree,
        fields=fields,
        rest=rest,
        kind=first.kind if first.kind is second.kind else Kind.UNKNOWN,
        seen=first.seen and second.seen,
        frozen=first.frozen and second.frozen,
        many=first.many or second.many,
    )


def _join_contents(first: Object, second: Object) -> tuple[dict[Key, Value], Value | None]:
    rest = _join_rests(first, second)
    if first.fields is second.fields:
        return first.fields, rest
    fields = _join_fields(first.fields, second.fields)
    if first.kind in (Kind.SEQUENCE, Kind.MAPPING) and first.fields.keys() != second.fields.keys():
        if first.kind is Kind.MAPPING:
            return fields, NOTHING if rest is None else rest
        # An element that may be missing is one of any number of elements.
        for key in first.fields.keys() ^ second.fields.keys():
            if not _is_attribute(key):
                rest = fields.pop(key).join(NOTHING if rest is None else rest)
    return fields, rest


def _join_fields(first: dict[Key, Value], second: dict[Key, Value]) -> dict[Key, Value]:
    more: dict[Key, Value] = {}
    for key, value in second.items():
        known = first.get(key)
        if known is None:
            more[key] = value
        elif known is not value:
            joined = known.join(value)
            if joined is not known:
                more[key] = joined
    return {**first, **more} if more else first


def _join_rests(first: Object, second: Object) -> Value | None:
    if first.rest is None or second.rest is None:
        return second.rest if first.rest is None else first.rest
    return first.rest.join(second.rest)


def _same(first: Object, second: Object) -> bool:
    if first.modes != second.modes or first.tree != second.tree:
        return False
    if first.fields is second.fields:
        return True
    return all(
        first.fields[key].objects == value.objects if key in first.fields else not value.objects
        for key, value in second.fields.items()
        if key in first.fields or not _lazily_born(second, key)
    )


def _value_covers(first: Value, second: Value) -> bool:
    if first is second:
        return True
    if not second.objects <= first.objects:
        return False
    return second.things <= first.things or UNKNOWN_THING in first.things


def _lazily_born(owner: Object, key: Key) -> bool:
    """A child born by being looked at adds nothing new to its owner."""
    return len(owner.fields[key].objects) == 1


def _follows(known: object, truth: bool, asked: Constant | None) -> bool | None:
    """What (not) being equal to, or one of, ``known`` says of another constant."""
    if asked is None:
        return bool(known) if truth and not isinstance(known, tuple) else None
    if isinstance(known, tuple):
        inside = asked.value in known
        return False if truth is not inside and not isinstance(asked.value, tuple) else None
    if not truth:
        return None
    if isinstance(asked.value, tuple):
        return known in asked.value
    return known == asked.value


def _text(condition: Condition) -> str:
    sign = "not " if condition.negated else ""
    constant = "" if condition.constant is None else f"={condition.constant.value!r}"
    return f"{sign}{condition.subject}{constant}"


def _is_attribute(key: Key) -> bool:
    return isinstance(key, str) and key.startswith(".")


def _rests_on(thing: object, stale: list[str]) -> bool:
    return isinstance(thing, Symbol | Condition) and thing.subject in stale
