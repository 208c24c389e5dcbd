"""Every call and every assignment of a file, each with the conditions that it stands under.

A condition *guards* what runs only if it had a certain outcome: the bodies of an `if`, the
sides of a conditional expression, what follows an `if` that always leaves.  Nothing is run:
which of the outcomes is possible is not known here.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from flake8_bn_eval.flow.nodes import Branch, Exit, Jump, Loop, Node, Scope, Sequence, Step, Try
from flake8_bn_eval.operations import (
    BUILTIN_SCOPE,
    Assign,
    Assignment,
    Attribute,
    AugmentedAssign,
    Binary,
    Call,
    Check,
    Clause,
    Comprehension,
    Conditional,
    Constant,
    DefineClass,
    DefineFunction,
    Display,
    Enter,
    Expression,
    FunctionDefinition,
    Iterate,
    Junction,
    Lambda,
    Name,
    Operation,
    Parameter,
    Place,
    Program,
    Return,
    Starred,
    Subscript,
    Variable,
)


@dataclass(frozen=True, slots=True, eq=False)
class Guard:
    """A condition, and the outcome that it must have had.

    ``demanded`` tells that any other outcome is an error, as that of an ``assert`` is.
    """

    condition: Expression
    holds: bool
    demanded: bool = False


Guards = tuple[Guard, ...]


@dataclass(frozen=True, slots=True, eq=False)
class CallSite:
    """A call as it is written; ``function`` is the innermost one around it."""

    call: Call
    function: FunctionDefinition | None
    guards: Guards


@dataclass(frozen=True, slots=True, eq=False)
class Given:
    """A value that a name, an attribute or the caller of a function is given.

    ``whole`` tells that it is the value itself, and no element or part of it.
    """

    value: Expression
    whole: bool
    function: FunctionDefinition | None
    guards: Guards
    place: Place


@dataclass(frozen=True, slots=True, eq=False)
class GivenAttribute:
    """An assignment to an attribute of ``owner``."""

    owner: Expression
    given: Given


class Survey:
    """What is written in one program."""

    def __init__(self, program: Program) -> None:
        self.calls: list[CallSite] = []
        self.names: dict[Variable, list[Given]] = {}
        self.attributes: dict[str, list[GivenAttribute]] = {}
        self.returned: dict[int, list[Given]] = {}
        self.parameters: dict[Variable, tuple[FunctionDefinition, Parameter]] = {}
        self.outer: dict[int, FunctionDefinition | None] = {}
        """The function around a function."""
        self._function: FunctionDefinition | None = None
        self._place: Place = 0
        self._node(program.body, ())

    def outermost(self, function: FunctionDefinition) -> FunctionDefinition:
        """The function that a closure stands in, or the function itself."""
        outer = self.outer.get(id(function))
        return function if outer is None else self.outermost(outer)

    # Nodes

    def _node(self, node: Node, guards: Guards) -> None:
        match node:
            case Step() | Jump():
                if isinstance(node.operation, Operation):
                    self._operation(node.operation, guards)
            case Sequence():
                for each in node.nodes:
                    self._node(each, guards)
                    guards += _left_behind(each)
            case Branch():
                assert isinstance(node.condition, Check)
                self._operation(node.condition, guards)
                condition = node.condition.condition
                self._node(node.then, (*guards, Guard(condition, True)))
                self._node(node.otherwise, (*guards, Guard(condition, False)))
            case Loop():
                self._loop(node, guards)
            case Scope():
                assert isinstance(node.enter, Operation)
                self._operation(node.enter, guards)
                self._node(node.body, guards)
            case Try():
                for each in (node.body, *node.handlers, node.otherwise, node.final):
                    self._node(each, guards)

    def _loop(self, node: Loop, guards: Guards) -> None:
        assert isinstance(node.header, Operation)
        self._operation(node.header, guards)
        inside = guards
        if isinstance(node.header, Check):
            inside = (*guards, Guard(node.header.condition, True))
        self._node(node.body, inside)
        self._node(node.otherwise, guards)

    # Operations

    def _operation(self, operation: Operation, guards: Guards) -> None:
        self._place = getattr(operation, "place", self._place)
        match operation:
            case DefineFunction(definition=definition):
                self._enter(definition, guards)
            case DefineClass(definition=definition):
                self._expressions([*definition.bases, *definition.decorators], guards)
                outer, self._function = self._function, None
                self._node(definition.body, guards)
                self._function = outer
            case Assign():
                self._expression(operation.value, guards)
                for target in operation.targets:
                    self._target(target, operation.value, guards)
            case AugmentedAssign():
                self._expression(operation.value, guards)
                changed = Binary(operation.operator, operation.target, operation.value)
                self._target(operation.target, changed, guards)
            case Iterate():
                self._expression(operation.iterable, guards)
                self._elements(operation.target, operation.iterable, guards)
            case Enter():
                self._expression(operation.context, guards)
                if operation.target is not None:
                    self._target(operation.target, operation.context, guards, whole=False)
            case Return(value=Expression() as value):
                self._expression(value, guards)
                self._return(value, guards)
            case _:
                self._inside(operation, guards)

    def _return(self, value: Expression, guards: Guards) -> None:
        if self._function is not None:
            given = Given(value, True, self._function, guards, self._place)
            self.returned.setdefault(id(self._function), []).append(given)

    def _enter(self, definition: FunctionDefinition, guards: Guards) -> None:
        self._expressions(definition.decorators, guards)
        for parameter in definition.parameters:
            self.parameters[definition.scope, parameter.name] = definition, parameter
            if parameter.default is not None:
                self._expression(parameter.default, guards)
        self.outer[id(definition)] = self._function
        outer, self._function = self._function, definition
        self._node(definition.body, guards)
        self._function = outer

    # Targets

    def _target(
        self, target: Expression, value: Expression, guards: Guards, *, whole: bool = True
    ) -> None:
        match target:
            case Name():
                given = self._given(value, guards, whole)
                self.names.setdefault(target.variable, []).append(given)
            case Attribute():
                given = self._given(value, guards, whole)
                self._attribute(target.value, target.name, given)
                self._expression(target.value, guards)
            case Subscript(value=namespace, index=Constant(value=str() as name)):
                owner = _owner_of(namespace)
                if owner is not None:
                    self._attribute(owner, name, self._given(value, guards, whole))
                self._inside(target, guards)
            case Starred():
                self._target(target.value, value, guards, whole=False)
            case Display():
                self._unpacked(target, value, guards, whole=whole)
            case _:
                self._inside(target, guards)

    def _attribute(self, owner: Expression, name: str, given: Given) -> None:
        self.attributes.setdefault(name, []).append(GivenAttribute(owner, given))

    def _set_by_name(self, call: Call, guards: Guards) -> None:
        """``setattr(owner, "name", value)`` and ``owner.__setattr__("name", value)``."""
        match call:
            case Call(
                callee=Name(variable=(scope, "setattr")),
                arguments=[owner, Constant(value=str() as name), value],
            ) if scope == BUILTIN_SCOPE:
                given = Given(value, True, self._function, guards, call.place)
                self._attribute(owner, name, given)
            case Call(
                callee=Attribute(value=owner, name="__setattr__"),
                arguments=[Constant(value=str() as name), value],
            ):
                given = Given(value, True, self._function, guards, call.place)
                self._attribute(owner, name, given)

    def _given(self, value: Expression, guards: Guards, whole: bool) -> Given:
        return Given(value, whole, self._function, guards, self._place)

    def _unpacked(self, target: Display, value: Expression, guards: Guards, *, whole: bool) -> None:
        parts = _paired(target, value) if whole else None
        for index, each in enumerate(target.elements):
            part = value if parts is None else parts[index]
            self._target(each, part, guards, whole=parts is not None)

    def _elements(self, target: Expression, iterable: Expression, guards: Guards) -> None:
        """The targets of a loop; those over a ``zip`` get an element of one argument each."""
        zipped = _zipped(iterable)
        if isinstance(target, Display) and len(zipped) == len(target.elements):
            for each, part in zip(target.elements, zipped, strict=True):
                self._target(each, part, guards, whole=False)
        else:
            self._target(target, iterable, guards, whole=False)

    # Expressions

    def _expressions(self, expressions: Iterable[Expression], guards: Guards) -> None:
        for each in expressions:
            self._expression(each, guards)

    def _expression(self, expression: Expression, guards: Guards) -> None:
        match expression:
            case Name() | Constant():
                return
            case Attribute():
                self._expression(expression.value, guards)
            case Call():
                self.calls.append(CallSite(expression, self._function, guards))
                self._set_by_name(expression, guards)
                self._expression(expression.callee, guards)
                self._expressions(expression.arguments, guards)
                self._expressions((value for _, value in expression.keywords), guards)
            case Binary():
                self._expression(expression.left, guards)
                self._expression(expression.right, guards)
            case Conditional(test=test):
                self._expression(test, guards)
                self._expression(expression.then, (*guards, Guard(test, True)))
                self._expression(expression.otherwise, (*guards, Guard(test, False)))
            case Junction():
                for operand in expression.operands:
                    self._expression(operand, guards)
                    guards = (*guards, Guard(operand, expression.conjunctive))
            case Comprehension():
                for clause in expression.clauses:
                    guards = self._clause(clause, guards)
                self._expressions(expression.elements, guards)
            case Assignment():
                self._expression(expression.value, guards)
                self._target(expression.target, expression.value, guards)
            case Lambda(function=function):
                self._enter(function, guards)
            case _:
                self._inside(expression, guards)

    def _clause(self, clause: Clause, guards: Guards) -> Guards:
        """One ``for`` of a comprehension; the guards of what stands behind its conditions."""
        self._expression(clause.iterable, guards)
        self._elements(clause.target, clause.iterable, guards)
        for condition in clause.conditions:
            self._expression(condition, guards)
            guards = (*guards, Guard(condition, True))
        return guards

    def _inside(self, record: Expression | Operation, guards: Guards) -> None:
        slots: tuple[str, ...] = record.__slots__
        for slot in slots:
            self._part(getattr(record, slot), guards)

    def _part(self, part: object, guards: Guards) -> None:
        if isinstance(part, Expression):
            self._expression(part, guards)
        elif isinstance(part, list | tuple):
            for each in part:
                self._part(each, guards)


def _owner_of(namespace: Expression) -> Expression | None:
    """The object whose attributes ``owner.__dict__`` or ``vars(owner)`` holds."""
    match namespace:
        case Attribute(value=owner, name="__dict__"):
            return owner
        case Call(callee=Name(variable=(scope, "vars")), arguments=[owner]):
            return owner if scope == BUILTIN_SCOPE else None
    return None


def _left_behind(node: Node) -> Guards:
    """What must have been so where control comes out of a node: ``if not ready: return``."""
    if isinstance(node, Branch) and isinstance(node.condition, Check):
        condition = node.condition.condition
        if _leaves(node.then):
            return (Guard(condition, False, _raises(node.then)),)
        if _leaves(node.otherwise):
            return (Guard(condition, True, _raises(node.otherwise)),)
    return ()


def _raises(node: Node) -> bool:
    """Whether a node that never comes to its end does nothing but raise."""
    match node:
        case Jump():
            return node.exit is Exit.RAISE
        case Sequence(nodes=[*_, last]):
            return _raises(last)
    return False


def _leaves(node: Node) -> bool:
    """Whether control never comes out at the end of a node."""
    match node:
        case Jump():
            return True
        case Sequence():
            return any(_leaves(each) for each in node.nodes)
        case Branch():
            return _leaves(node.then) and _leaves(node.otherwise)
        case Scope():
            return _leaves(node.body)
    return False


def _paired(target: Display, value: Expression) -> list[Expression] | None:
    """The values of the targets of ``a, b = x, y``."""
    if not isinstance(value, Display) or len(value.elements) != len(target.elements):
        return None
    elements = [*target.elements, *value.elements]
    return None if any(isinstance(each, Starred) for each in elements) else value.elements


def _zipped(iterable: Expression) -> list[Expression]:
    match iterable:
        case Call(callee=Name(variable=(scope, "zip"))) if scope == BUILTIN_SCOPE:
            return iterable.arguments
    return []
