"""What a program does, as plain records: the language between the syntax and its meaning.

``lower`` writes these records, ``interpret`` runs them; nothing here knows syntax.
An *expression* has a value; an *operation* is one step of a body and is held by a
flow node.  Where a record can be the subject of a report it has a *place*: the
number of its call or statement in the file, which ``source`` turns into a line and
column only when somebody asks.

What this language does not know: annotations (but of names in a class), type parameters and
the value of operators.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from flake8_bn_eval.flow.nodes import Node

Place = int
"""Number of a call or statement among all of its file, in source order, counted from the base
of the file: places of two files never meet."""

Position = tuple[int, int, int, int]
"""Where a place is, as ``ast`` has it: first line, first column, last line, end column; lines
count from 1, columns from 0, in bytes of UTF-8."""

Variable = tuple[int, str]
"""A name in the scope that owns it: the scope's number and the identifier."""

MOST_PLACES = 1 << 22
"""A file has fewer places and scopes; bases are multiples of this."""

BUILTIN_SCOPE = -1
LENGTH = "<length>"
"""The builtin by which a sequence pattern asks for the number of elements."""


class Expression:
    """Base of every record that has a value."""

    __slots__ = ()


@dataclass(slots=True, eq=False)
class Name(Expression):
    variable: Variable


@dataclass(slots=True, eq=False)
class Constant(Expression):
    value: object


@dataclass(slots=True, eq=False)
class Attribute(Expression):
    value: Expression
    name: str


@dataclass(slots=True, eq=False)
class Subscript(Expression):
    value: Expression
    index: Expression


@dataclass(slots=True, eq=False)
class Slice(Expression):
    """``start:stop:step``, each of which may be missing."""

    start: Expression | None
    stop: Expression | None
    step: Expression | None


@dataclass(slots=True, eq=False)
class Call(Expression):
    """A call; ``keywords`` has ``None`` for the name of a ``**`` argument."""

    callee: Expression
    arguments: list[Expression]
    keywords: list[tuple[str | None, Expression]]
    place: Place


@dataclass(slots=True, eq=False)
class Starred(Expression):
    value: Expression


@dataclass(slots=True, eq=False)
class Display(Expression):
    """A list, tuple or set written out; ``kind`` is the name of the type."""

    kind: str
    elements: list[Expression]
    place: Place


@dataclass(slots=True, eq=False)
class DictDisplay(Expression):
    """A dictionary written out; a ``**`` item has ``None`` for its key."""

    items: list[tuple[Expression | None, Expression]]
    place: Place


@dataclass(slots=True, eq=False)
class Negation(Expression):
    operand: Expression


@dataclass(slots=True, eq=False)
class Binary(Expression):
    """Arithmetic: the operator's token and its two sides."""

    operator: str
    left: Expression
    right: Expression


@dataclass(slots=True, eq=False)
class Comparison(Expression):
    """One comparison; chains are lowered to a conjunction of these."""

    operator: str
    left: Expression
    right: Expression


@dataclass(slots=True, eq=False)
class Junction(Expression):
    """``and`` (conjunctive) or ``or`` over two or more operands."""

    conjunctive: bool
    operands: list[Expression]


@dataclass(slots=True, eq=False)
class Conditional(Expression):
    test: Expression
    then: Expression
    otherwise: Expression


@dataclass(slots=True, eq=False)
class Assignment(Expression):
    """``target := value``."""

    target: Expression
    value: Expression


@dataclass(slots=True, eq=False)
class Clause:
    """One ``for target in iterable if conditions`` of a comprehension."""

    target: Expression
    iterable: Expression
    conditions: list[Expression]


@dataclass(slots=True, eq=False)
class Comprehension(Expression):
    """``kind`` is list, set, dict or generator; a dict yields its key and its value."""

    kind: str
    elements: list[Expression]
    clauses: list[Clause]
    place: Place


@dataclass(slots=True, eq=False)
class Lambda(Expression):
    function: FunctionDefinition


@dataclass(slots=True, eq=False)
class Await(Expression):
    value: Expression


@dataclass(slots=True, eq=False)
class Yield(Expression):
    value: Expression | None
    delegating: bool


@dataclass(slots=True, eq=False)
class Opaque(Expression):
    """Anything not modelled further: its parts are evaluated, its value is unknown."""

    parts: Sequence[Expression]


@dataclass(slots=True, eq=False)
class Formatted(Opaque):
    """A text into which its parts are written: ``f"{score:.2f}"``."""


@dataclass(slots=True, eq=False, kw_only=True)
class Operation:
    """One step of a body; ``reads`` are the names that stand in it and are not bound by it."""

    reads: Sequence[Name] = ()


@dataclass(slots=True, eq=False)
class Evaluate(Operation):
    expression: Expression
    place: Place


@dataclass(slots=True, eq=False)
class Assign(Operation):
    """``target = other = value``: the targets from left to right."""

    targets: list[Expression]
    value: Expression
    place: Place


@dataclass(slots=True, eq=False)
class AugmentedAssign(Operation):
    target: Expression
    operator: str
    value: Expression
    place: Place


@dataclass(slots=True, eq=False)
class Delete(Operation):
    targets: list[Expression]
    place: Place


@dataclass(slots=True, eq=False)
class Import(Operation):
    """Names bound to dotted paths; ``star`` holds the paths of star imports.

    A relative import keeps its leading dots: ``from ..net import Net`` binds ``..net.Net``.
    """

    bindings: list[tuple[Variable, str]]
    star: str | None
    place: Place


@dataclass(slots=True, eq=False)
class DefineFunction(Operation):
    definition: FunctionDefinition
    variable: Variable
    place: Place


@dataclass(slots=True, eq=False)
class DefineClass(Operation):
    definition: ClassDefinition
    variable: Variable
    place: Place


@dataclass(slots=True, eq=False)
class Return(Operation):
    value: Expression | None
    place: Place


@dataclass(slots=True, eq=False)
class Raise(Operation):
    parts: list[Expression]
    place: Place


@dataclass(slots=True, eq=False)
class Iterate(Operation):
    """Header of a ``for`` loop: take the next element of ``iterable`` into ``target``.

    ``indexes`` tells that the target is a number by which the body takes elements of others.
    """

    target: Expression
    iterable: Expression
    place: Place
    indexes: bool = False


@dataclass(slots=True, eq=False)
class Check(Operation):
    """A condition: of an ``if``, a ``while``, a ``case``, an ``assert``."""

    condition: Expression
    place: Place


@dataclass(slots=True, eq=False)
class Enter(Operation):
    """One item of a ``with`` statement."""

    context: Expression
    target: Expression | None
    place: Place
    asynchronous: bool = False


@dataclass(slots=True, eq=False)
class Parameter:
    """``kind`` is positional, keyword, variadic (``*args``) or mapping (``**kwargs``)."""

    name: str
    kind: str
    default: Expression | None


@dataclass(slots=True, eq=False)
class FunctionDefinition:
    """A function, method or lambda with its body; ``scope`` numbers its local names."""

    name: str
    scope: int
    parent_scope: int
    parameters: list[Parameter]
    decorators: list[Expression]
    body: Node
    place: Place
    asynchronous: bool = False
    generator: bool = False
    class_name: str | None = None
    called_names: frozenset[str] = frozenset()
    read_names: frozenset[str] = frozenset()
    """The names that its body reads, those that it calls among them."""
    calls: list[Call] = field(default_factory=list)
    """The calls in its body, not those in functions inside it."""
    captured: frozenset[str] = frozenset()
    """Its names that functions and generators inside it use."""


@dataclass(slots=True, eq=False)
class Annotated:
    """An annotated name of a class body: ``model: nn.Module = None``."""

    name: str
    annotation: Expression
    value: Expression | None


@dataclass(slots=True, eq=False)
class ClassDefinition:
    """A class: its bases, and its body, which is run to find what it defines."""

    name: str
    scope: int
    bases: list[Expression]
    decorators: list[Expression]
    body: Node
    place: Place
    methods: dict[str, FunctionDefinition] = field(default_factory=dict)
    annotated: list[Annotated] = field(default_factory=list)


@dataclass(slots=True, eq=False)
class Program:
    """A whole file; its calls, called and captured names are those outside functions."""

    body: Node
    functions: list[FunctionDefinition]
    classes: list[ClassDefinition]
    imported: frozenset[str]
    """The top-level packages that it names in import statements."""
    explained: frozenset[Place]
    """The places of statements whose comment speaks of the mode as meant."""
    positions: list[Position]
    """Of each of its places, in their order."""
    calls: list[Call] = field(default_factory=list)
    base: int = 0
    """Its first place, and the number of its module scope."""
    imports: list[Import] = field(default_factory=list)
    called_names: frozenset[str] = frozenset()
    captured: frozenset[str] = frozenset()
    _by_scope: dict[int, FunctionDefinition] = field(init=False)

    def __post_init__(self) -> None:
        self._by_scope = {each.scope: each for each in self.functions}

    def has(self, place: Place) -> bool:
        """Whether a place is one of this file."""
        return file_of(place) == self.base

    def outermost(self, definition: FunctionDefinition) -> FunctionDefinition:
        """The function that others can import, where a function stands inside one."""
        while definition.parent_scope in self._by_scope:
            definition = self._by_scope[definition.parent_scope]
        return definition


def file_of(number: int) -> int:
    """The base of the file that a place or a scope belongs to."""
    return number - number % MOST_PLACES
