"""What an expression may evaluate to: a set of alternatives and where the data came from.

A value joins by union.  Past a few alternatives it is simply unknown.  Besides its
alternatives a value carries its *lineage*: the forward calls whose graph may hang on
it (`connected`), those from which it descends without a graph (`derived`), and tags
of the data that went into it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from flake8_bn_eval.modes.evidence import Tag
from flake8_bn_eval.modes.lattice import Gradients, Modes
from flake8_bn_eval.operations import Variable

if TYPE_CHECKING:
    from flake8_bn_eval.operations import ClassDefinition, Comprehension, FunctionDefinition

ObjectId = int
CallId = int

MOST_ALTERNATIVES = 6
MOST_OBJECTS = 12
LONGEST_SUBJECT = 120


class Thing:
    """Base of the alternatives that are not objects."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Constant(Thing):
    """A literal; the type keeps ``1``, ``1.0`` and ``True`` apart."""

    value: object
    type: type

    @staticmethod
    def of(value: object) -> Constant:
        """The constant of a hashable literal."""
        return Constant(value, type(value))


@dataclass(frozen=True, slots=True)
class Symbol(Thing):
    """An unknown that keeps its value until one of ``variables`` is assigned again."""

    subject: str
    variables: frozenset[Variable]


@dataclass(frozen=True, slots=True)
class Condition(Thing):
    """A boolean: ``subject`` equals ``constant`` (or is true, where that is None)."""

    subject: str
    variables: frozenset[Variable]
    constant: Constant | None
    negated: bool = False


@dataclass(frozen=True, slots=True)
class External(Thing):
    """Something imported: a dotted path into a library."""

    path: str


@dataclass(frozen=True, slots=True)
class Method(Thing):
    """A method looked up on an object and not yet called; ``above`` skips its class."""

    receiver: ObjectId
    name: str
    above: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Function(Thing):
    """A function of the file with the values it closes over once its frame is gone."""

    definition: FunctionDefinition
    captured: tuple[tuple[Variable, Value], ...] = ()
    receiver: ObjectId | None = None
    owner: Class | None = None
    class_: Class | None = None
    """What ``cls`` is in a class method."""
    kind: str = "function"
    """function, property, cached, static, class or context (``@contextmanager``)."""
    defaults: tuple[tuple[str, Value], ...] = ()
    """What the defaults of its parameters were where it was defined."""
    setter: Function | None = None
    decorators: tuple[Thing, ...] = ()
    """Gradient contexts that every call runs in, the outermost first."""

    def _key(self) -> tuple[object, ...]:
        return (
            id(self.definition), self.receiver, id(self.class_), self.kind, self.decorators,
            self.captured, self.defaults,
        )

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Function) and self._key() == other._key()

    def __hash__(self) -> int:
        return hash((id(self.definition), self.receiver, self.kind))


@dataclass(frozen=True, slots=True, eq=False)
class Class(Thing):
    """A class of the file; ``bases`` are its evaluated bases, ``members`` its attributes."""

    definition: ClassDefinition
    bases: tuple[Value, ...]
    members: dict[str, Value]
    decorators: tuple[Thing, ...] = ()
    """Gradient contexts in which an instance is made."""


@dataclass(frozen=True, slots=True)
class Setter(Thing):
    """``property.setter``, which is about to decorate a function."""

    of: Function


@dataclass(frozen=True, slots=True)
class Partial(Thing):
    """``functools.partial``: a callable with its first arguments."""

    callee: Value
    arguments: tuple[Value, ...]
    keywords: tuple[tuple[str | None, Value], ...]


@dataclass(frozen=True, slots=True)
class GradientContext(Thing):
    """An instance of ``no_grad`` and its like; ``flag`` decides where it has an argument.

    ``before`` is the gradient mode to restore, of a context that acted when it was made.
    """

    name: str
    gradient: str
    place: int
    flag: Value | None = None
    before: Gradients | None = None


@dataclass(frozen=True, slots=True)
class Pending(Thing):
    """A call whose body has not run: of a generator or of a home-made context manager."""

    function: Function
    arguments: tuple[Value, ...]
    keywords: tuple[tuple[str | None, Value], ...]
    place: int


@dataclass(frozen=True, slots=True)
class Lazy(Thing):
    """A generator expression that nobody has consumed, and what it will iterate over."""

    expression: Comprehension
    iterable: Value


@dataclass(frozen=True, slots=True)
class Mapped(Thing):
    """``map`` of a function over something, not yet consumed."""

    callee: Value
    iterable: Value
    place: int


@dataclass(frozen=True, slots=True)
class Parameters(Thing):
    """Parameters of these modules, one or many: what an optimizer is handed."""

    owners: frozenset[ObjectId]


@dataclass(frozen=True, slots=True)
class Submodules(Thing):
    """An iteration over the submodules of an object; ``deep`` includes the object itself."""

    owner: ObjectId
    deep: bool
    paired: bool = False
    """Each comes with its name."""


@dataclass(frozen=True, slots=True)
class Result(Thing):
    """What a call of something unseen returned, before anybody asks what it is."""

    path: str
    place: int
    born: tuple[object, ...]
    wraps: bool = False
    """A module went in: what came out may be in the mode of that one."""


@dataclass(frozen=True, slots=True, eq=False)
class SavedMode(Thing):
    """The value of ``module.training`` at some moment."""

    receiver: ObjectId
    modes: Modes

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, SavedMode)
            and (self.receiver, self.modes) == (other.receiver, other.modes)
        )

    def __hash__(self) -> int:
        return hash(self.receiver)


@dataclass(frozen=True, slots=True)
class SavedGradients(Thing):
    """The value of ``torch.is_grad_enabled()`` at some moment."""

    gradients: Gradients


@dataclass(frozen=True, slots=True)
class Super(Thing):
    """``super()`` in a method: the object, and the class after which to look."""

    receiver: ObjectId
    after: Class | None


@dataclass(frozen=True, slots=True)
class Unknown(Thing):
    """Anything at all."""


def order_of(thing: Thing) -> tuple[str, str, int]:
    """A cheap order of things that is the same in every run."""
    match thing:
        case Constant(value=value):
            return "Constant", repr(value), 0
        case External(path=path):
            return "External", path, 0
        case Symbol(subject=subject) | Condition(subject=subject):
            return type(thing).__name__, subject, 0
        case Function() | Class():
            return type(thing).__name__, thing.definition.name, thing.definition.place
        case Result() | GradientContext() | Pending():
            return type(thing).__name__, "", thing.place
    return type(thing).__name__, "", 0


UNKNOWN_THING = Unknown()
NO_IDS: frozenset[int] = frozenset()
NO_TAGS: frozenset[Tag] = frozenset()


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
        things = [
            replace(self, objects=NO_IDS, things=frozenset({thing}))
            for thing in sorted(self.things, key=repr)
        ]
        return things + [
            replace(self, things=frozenset(), objects=frozenset({identity}))
            for identity in sorted(self.objects)
        ]

    @property
    def lineage(self) -> frozenset[CallId]:
        """Every forward call that this value descends from."""
        return self.connected | self.derived

    def join(self, other: Value) -> Value:
        """Either of the two."""
        if self is other or self == other:
            return self
        things, objects = self.things | other.things, self.objects | other.objects
        if self._has(other) and len(things) == len(self.things):
            return self
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
        """Whether another value adds nothing but things."""
        return (
            other.objects <= self.objects
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

    def without_lineage(self) -> Value:
        """The alternatives alone."""
        if not (self.connected or self.derived or self.tags):
            return self
        return Value(self.things, self.objects)


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
    if not objects.isdisjoint(names):
        objects = frozenset(names.get(each, each) for each in objects)
    if not HOLDING.isdisjoint(map(type, things)):
        things = frozenset(_renamed_thing(thing, names) for thing in things)
    if objects is value.objects and things == value.things:
        return value
    return replace(value, objects=objects, things=things)


def _renamed_thing(thing: Thing, names: Mapping[ObjectId, ObjectId]) -> Thing:
    match thing:
        case Parameters():
            return Parameters(frozenset(names.get(each, each) for each in thing.owners))
        case Submodules():
            return replace(thing, owner=names.get(thing.owner, thing.owner))
        case Method() | SavedMode() | Super():
            return replace(thing, receiver=names.get(thing.receiver, thing.receiver))
        case Function(receiver=int() as receiver):
            return replace(thing, receiver=names.get(receiver, receiver))
    return thing


HOLDING: frozenset[type] = frozenset(
    {Parameters, Submodules, Method, SavedMode, Super, Function}
)


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
