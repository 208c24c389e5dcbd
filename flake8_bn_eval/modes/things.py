"""What a name may stand for besides an object: constants, symbols, functions, results ...

A thing is one alternative of a value; it never changes.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from flake8_bn_eval.modes.lattice import Gradients, Modes
from flake8_bn_eval.operations import Variable

if TYPE_CHECKING:
    from flake8_bn_eval.modes.fields import Field
    from flake8_bn_eval.modes.values import Value
    from flake8_bn_eval.operations import ClassDefinition, Comprehension, FunctionDefinition

ObjectId = int
CallId = int


class Thing:
    """Base of the alternatives that are not objects."""

    __slots__ = ()

    holding: ClassVar[bool] = False
    """Whether it speaks of objects by their numbers."""
    leads: ClassVar[bool] = False
    """Whether somebody who has it may come to an object."""


@dataclass(frozen=True, slots=True)
class Constant(Thing):
    """A literal; the type keeps ``1``, ``1.0`` and ``True`` apart."""

    value: object
    type: type

    @staticmethod
    def of(value: object) -> Constant:
        """The constant of a hashable literal."""
        return Constant(value, type(value))


NO_OBJECT = Constant.of(None)


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


ANY = "*"
"""The last part of the path of whatever a computed name chooses from something imported."""


@dataclass(frozen=True, slots=True)
class External(Thing):
    """Something imported: a dotted path into a library, which a class in sight may inherit."""

    path: str
    of: Class | None = None


@dataclass(frozen=True, slots=True)
class Namespace(Thing):
    """All names of the file with this base, as a table or as a module."""

    base: int


@dataclass(frozen=True, slots=True)
class Method(Thing):
    """A method looked up on an object and not yet called; ``above`` skips its class."""

    holding: ClassVar[bool] = True
    leads: ClassVar[bool] = True

    receiver: ObjectId
    name: str
    above: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Function(Thing):
    """A function of the file with the values it closes over once its frame is gone."""

    holding: ClassVar[bool] = True
    leads: ClassVar[bool] = True

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
            id(self.definition),
            self.receiver,
            id(self.class_),
            self.kind,
            self.decorators,
            self.captured,
            self.defaults,
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
    fields: tuple[Field, ...] = ()
    """Those of a dataclass or named tuple, or of one that it is derived from."""
    manner: str | None = None
    """How its own base or decorator makes fields of its annotations, as rows of knowledge say."""


@dataclass(frozen=True, slots=True)
class Element(Thing):
    """The name that the class of a named tuple has for one of its elements."""

    index: int
    name: str


@dataclass(frozen=True, slots=True)
class Setter(Thing):
    """``property.setter``, which is about to decorate a function."""

    of: Function


@dataclass(frozen=True, slots=True)
class Partial(Thing):
    """``functools.partial``: a callable with its first arguments."""

    holding: ClassVar[bool] = True
    leads: ClassVar[bool] = True

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
class ModeContext(Thing):
    """A library context that holds modules in a mode: ``eval_mode(net)``.

    ``restores`` tells whether the *root*'s mode goes back to all, or *each* gets its own.
    """

    holding: ClassVar[bool] = True

    name: str
    place: int
    modules: frozenset[ObjectId]
    mode: str
    restores: str
    gradients: GradientContext | None = None


@dataclass(frozen=True, slots=True)
class Pending(Thing):
    """A call whose body has not run: of a generator or of a home-made context manager."""

    holding: ClassVar[bool] = True
    leads: ClassVar[bool] = True

    function: Function
    arguments: tuple[Value, ...]
    keywords: tuple[tuple[str | None, Value], ...]
    place: int


@dataclass(frozen=True, slots=True)
class Lazy(Thing):
    """A generator expression that nobody has consumed, and what it will iterate over."""

    holding: ClassVar[bool] = True

    expression: Comprehension
    iterable: Value


@dataclass(frozen=True, slots=True)
class Mapped(Thing):
    """``map`` of a function over something, not yet consumed."""

    holding: ClassVar[bool] = True
    leads: ClassVar[bool] = True

    callee: Value
    iterable: Value
    place: int


@dataclass(frozen=True, slots=True)
class Parameters(Thing):
    """Parameters of these modules, one or many: what an optimizer is handed."""

    holding: ClassVar[bool] = True

    owners: frozenset[ObjectId]


@dataclass(frozen=True, slots=True)
class Submodules(Thing):
    """An iteration over the submodules of an object; ``deep`` includes the object itself."""

    holding: ClassVar[bool] = True
    leads: ClassVar[bool] = True

    owner: ObjectId
    deep: bool
    paired: bool = False
    """Each comes with its name."""


@dataclass(frozen=True, slots=True)
class Result(Thing):
    """What a call of something unseen returned, before anybody asks what it is."""

    holding: ClassVar[bool] = True
    leads: ClassVar[bool] = True

    path: str
    place: int
    born: tuple[object, ...]
    wraps: bool = False
    """A module went in: what came out may be in the mode of that one."""


@dataclass(frozen=True, slots=True, eq=False)
class SavedMode(Thing):
    """The value of ``module.training`` at some moment."""

    holding: ClassVar[bool] = True
    leads: ClassVar[bool] = True

    receiver: ObjectId
    modes: Modes
    asked: int | None = None
    """Which place asked for it: two flags of one module are answered each for itself."""

    def __eq__(self, other: object) -> bool:
        return isinstance(other, SavedMode) and (self.receiver, self.asked, self.modes) == (
            other.receiver,
            other.asked,
            other.modes,
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

    holding: ClassVar[bool] = True
    leads: ClassVar[bool] = True

    receiver: ObjectId
    after: Class | None


@dataclass(frozen=True, slots=True)
class Ranked(Thing):
    """Numbers and then the places where they stood, which have no gradient: what `topk` gives."""


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
        case Result() | GradientContext() | ModeContext() | Pending():
            return type(thing).__name__, "", thing.place
    return type(thing).__name__, "", 0


def in_order(things: Collection[Thing]) -> Sequence[Thing]:
    """Things in an order that is the same in every run; a text of all of them is dear."""
    if len(things) < 2:
        return tuple(things)
    keys = {order_of(each) for each in things}
    return sorted(things, key=order_of if len(keys) == len(things) else repr)


UNNUMBERED = -1
"""Stands for an object whose number only a world knows."""


def held_by(thing: Thing) -> frozenset[ObjectId]:
    """The objects of which a thing speaks by their numbers."""
    match thing:
        case Function(receiver=None, captured=()):
            return frozenset()
        case Parameters():
            return thing.owners
        case ModeContext():
            return thing.modules
        case Submodules():
            return frozenset({thing.owner})
        case Method() | SavedMode() | Super():
            return frozenset({thing.receiver})
        case Result():
            return frozenset({UNNUMBERED})
        case Function():
            held = [value.held for _, value in thing.captured]
            own = frozenset() if thing.receiver is None else frozenset({thing.receiver})
            return own.union(*held)
        case Partial():
            return thing.callee.held.union(*_held_by_arguments(thing))
        case Pending():
            return held_by(thing.function).union(*_held_by_arguments(thing))
        case Mapped():
            return thing.callee.held | thing.iterable.held
        case Lazy():
            return thing.iterable.held
    return frozenset()


def _held_by_arguments(thing: Partial | Pending) -> list[frozenset[ObjectId]]:
    return [each.held for each in (*thing.arguments, *(value for _, value in thing.keywords))]
