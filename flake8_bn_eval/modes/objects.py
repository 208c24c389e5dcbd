"""Objects: modules, instances, containers and optimizers, with what hangs on them."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Set
from dataclasses import dataclass, field
from enum import Enum

from flake8_bn_eval.modes.guards import ALWAYS, Answer, Guard, Question
from flake8_bn_eval.modes.lattice import Mode, Modes
from flake8_bn_eval.modes.things import Class, ObjectId
from flake8_bn_eval.modes.values import NO_IDS, Value

Key = Hashable
"""An attribute name (``.name``), an index (an int) or a literal key of a container."""


class Kind(Enum):
    """What sort of object it is, as far as it matters here."""

    MODULE = "module"
    INSTANCE = "instance"
    SEQUENCE = "sequence"
    MAPPING = "mapping"
    OPTIMIZER = "optimizer"
    UNKNOWN = "unknown"

    __hash__ = object.__hash__


class Sensitivity(Enum):
    """Whether an object computes differently in its two modes."""

    YES = "yes"
    NO = "no"
    UNKNOWN = "unknown"

    __hash__ = object.__hash__

    def worse(self, other: Sensitivity) -> Sensitivity:
        """The verdict on something that has parts with these verdicts."""
        if Sensitivity.YES in (self, other):
            return Sensitivity.YES
        return Sensitivity.UNKNOWN if Sensitivity.UNKNOWN in (self, other) else Sensitivity.NO


@dataclass(frozen=True, slots=True)
class Origin:
    """An object that was not made in sight: the attribute ``key`` of ``parent``."""

    parent: ObjectId
    key: Key
    depth: int = 1


@dataclass(frozen=True, slots=True, eq=False)
class Object:
    """One abstract object.  Immutable: a world replaces it.

    ``modes``     the modes that its own flag may have
    ``tree``      the modes of children that nobody has looked at yet
    ``fields``    what is known of its attributes or elements
    ``rest``      what any other element may be (containers only)
    ``seen``      its class or contents are wholly in sight, so no other field exists
    """

    kind: Kind
    name: str
    modes: Modes
    tree: Modes
    class_: Class | None = None
    library: str | None = None
    fields: dict[Key, Value] = field(default_factory=dict)
    rest: Value | None = None
    origin: Origin | None = None
    sensitive: Sensitivity = Sensitivity.UNKNOWN
    seen: bool = False
    frozen: bool = False
    registers: bool = False
    """A container that is a module itself (``Sequential``, ``ModuleList``)."""
    many: bool = False
    """It stands for several objects: what is done to it is done to one of them."""
    exists: Guard = ALWAYS
    """Where any of this does not hold, there is no such object: it was made on another path."""
    known_to_hold: frozenset[ObjectId] | None = field(default=None, init=False, repr=False)
    """The answer of `held`, once somebody has asked."""
    known_questions: frozenset[Question] | None = field(default=None, init=False, repr=False)
    """The same of `questions`."""
    covers: Object | None = field(default=None, init=False, repr=False)
    """A state that has nothing which this one does not have as well, whatever holds."""

    @property
    def contents(self) -> list[Value]:
        """Every value in it: of its attributes or elements, and what other elements may be."""
        return [*self.fields.values(), *([] if self.rest is None else [self.rest])]

    @property
    def held(self) -> frozenset[ObjectId]:
        """Every object that it speaks of: in its fields, its elements and its origin."""
        held = self.known_to_hold
        if held is None:
            held = NO_IDS.union(*(value.held for value in self.contents))
            held = held if self.origin is None else held | {self.origin.parent}
            object.__setattr__(self, "known_to_hold", held)
        return held

    @property
    def questions(self) -> frozenset[Question]:
        """What the guards in it ask."""
        questions = self.known_questions
        if questions is None:
            questions = self.modes.questions
            if self.tree is not self.modes:
                questions |= self.tree.questions
            for value in self.fields.values():
                if value.guards:
                    questions |= value.questions
            if self.rest is not None and self.rest.guards:
                questions |= self.rest.questions
            object.__setattr__(self, "known_questions", questions)
        return questions

    def on_path(self, answer: Answer, about: Set[str]) -> Object:
        """What is left of the object on a path."""
        return self.reguarded(
            lambda modes: modes.on_path(answer, about), lambda value: value.on_path(answer, about)
        )

    def reguarded(
        self, modes: Callable[[Modes], Modes], values: Callable[[Value], Value]
    ) -> Object:
        """The object with everything in it under other guards; itself where nothing changes."""
        changed: dict[Key, Value] = {}
        for key, value in self.fields.items():
            if value.guards:
                new = values(value)
                if new is not value:
                    changed[key] = new
        rest = None if self.rest is None else values(self.rest)
        tree = modes(self.tree)
        own = tree if self.tree is self.modes else modes(self.modes)
        if not changed and own is self.modes and tree is self.tree and rest is self.rest:
            return self
        fields = {**self.fields, **changed} if changed else self.fields
        return self.with_contents(own, tree, fields, rest, self.kind)

    @property
    def is_module(self) -> bool:
        """Whether it is surely a module."""
        return self.kind is Kind.MODULE or self.registers

    @property
    def may_be_module(self) -> bool:
        """Whether nothing speaks against its being a module."""
        return self.kind in (Kind.MODULE, Kind.UNKNOWN) or self.registers

    @property
    def matters(self) -> bool:
        """Whether it is worth keeping worlds apart for this object."""
        decided = self.modes.may_be(Mode.TRAIN) or self.modes.may_be(Mode.EVAL)
        return self.is_module or self.may_be_module and decided

    def with_field(self, key: Key, value: Value) -> Object:
        """The object after an assignment to one field."""
        return self._changed(self.modes, self.tree, {**self.fields, key: value})

    def in_modes(self, modes: Modes, *, recursive: bool) -> Object:
        """The object after its flag was set; its unseen children follow where recursive."""
        tree = modes if recursive else self.tree
        if modes is self.modes and tree is self.tree:
            return self
        changed = self._changed(modes, tree, self.fields)
        if self.known_to_hold is not None:
            object.__setattr__(changed, "known_to_hold", self.known_to_hold)
        return changed

    def _changed(self, modes: Modes, tree: Modes, fields: dict[Key, Value]) -> Object:
        return self.with_contents(modes, tree, fields, self.rest, self.kind)

    def where(self, exists: Guard) -> Object:
        """The object, as one that is there where this holds."""
        return self.standing(self.seen, self.frozen, self.many, exists)

    def standing(self, seen: bool, frozen: bool, many: bool, exists: Guard) -> Object:
        """The same contents, and how far the object itself is known; by hand as well."""
        return Object(
            self.kind,
            self.name,
            self.modes,
            self.tree,
            self.class_,
            self.library,
            self.fields,
            self.rest,
            self.origin,
            self.sensitive,
            seen,
            frozen,
            self.registers,
            many,
            exists,
        )

    def with_contents(
        self,
        modes: Modes,
        tree: Modes,
        fields: dict[Key, Value],
        rest: Value | None,
        kind: Kind,
    ) -> Object:
        """What changes most, by hand: `dataclasses.replace` costs ten times as much."""
        return Object(
            kind,
            self.name,
            modes,
            tree,
            self.class_,
            self.library,
            fields,
            rest,
            self.origin,
            self.sensitive,
            self.seen,
            self.frozen,
            self.registers,
            self.many,
            self.exists,
        )
