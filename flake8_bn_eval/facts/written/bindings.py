"""What the names of a file stand for, as far as its definitions and imports tell.

A name that is bound more than once has every meaning that some binding gives it.  What a
parameter, a loop or an unpacking gives is not known here.
"""

from __future__ import annotations

import builtins
from collections.abc import Iterator

from flake8_bn_eval.facts.written.listing import operations
from flake8_bn_eval.operations import (
    BUILTIN_SCOPE,
    Assign,
    Attribute,
    ClassDefinition,
    Constant,
    DefineClass,
    DefineFunction,
    Display,
    Enter,
    Expression,
    FunctionDefinition,
    Import,
    Iterate,
    Name,
    Operation,
    Program,
    Starred,
    Subscript,
    Variable,
)

Meaning = ClassDefinition | FunctionDefinition | str | None
"""A definition of the file, a dotted path into a library, or None where nobody can tell."""

LONGEST_CHAIN = 8


class Bindings:
    """The meanings of the names of one program."""

    def __init__(self, program: Program) -> None:
        self._meanings: dict[Variable, list[Meaning | Expression]] = {}
        self._stars: list[str] = []
        self._followed: dict[tuple[Variable, int], frozenset[Meaning]] = {}
        bodies = [program.body, *(each.body for each in program.functions)]
        bodies += [each.body for each in program.classes]
        for body in bodies:
            for operation in operations(body):
                self._bind(operation)
        for function in program.functions:
            for parameter in function.parameters:
                self._add((function.scope, parameter.name), None)

    def _add(self, variable: Variable, meaning: Meaning | Expression) -> None:
        self._meanings.setdefault(variable, []).append(meaning)

    def _bind(self, operation: Operation) -> None:
        match operation:
            case Import():
                for variable, path in operation.bindings:
                    self._add(variable, path)
                if operation.star is not None:
                    self._stars.append(operation.star)
            case DefineClass() | DefineFunction():
                self._add(operation.variable, operation.definition)
            case Assign():
                for target in operation.targets:
                    self._bind_target(target, operation.value)
            case Iterate():
                self._bind_target(operation.target, None)
            case Enter(target=Expression() as target):
                self._bind_target(target, None)

    def _bind_target(self, target: Expression, value: Expression | None) -> None:
        match target:
            case Name():
                self._add(target.variable, value)
            case Display():
                for each in target.elements:
                    self._bind_target(each, None)
            case Starred():
                self._bind_target(target.value, None)

    def values(self, variable: Variable) -> list[Meaning | Expression]:
        """What is assigned to a variable, anywhere in the file, as it is written."""
        return self._meanings.get(variable, [])

    def meanings(self, expression: Expression) -> set[Meaning]:
        """Everything that a name or dotted name may stand for."""
        return set(self._follow(expression, LONGEST_CHAIN))

    def _of_name(self, variable: Variable, depth: int) -> frozenset[Meaning]:
        known = self._followed.get((variable, depth))
        if known is None:
            found: set[Meaning] = set()
            for each in self._meanings.get(variable, [None]):
                if isinstance(each, Expression):
                    found.update(self._follow(each, depth - 1))
                else:
                    found.add(each)
            known = self._followed[variable, depth] = frozenset(found)
        return known

    def meaning(self, expression: Expression) -> Meaning:
        """What a name or dotted name stands for, if there is only one thing."""
        found = self.meanings(expression)
        return found.pop() if len(found) == 1 else None

    def _follow(self, expression: Expression, depth: int) -> Iterator[Meaning]:
        if depth == 0:
            yield None
            return
        match expression:
            case Name(variable=(scope, name)) if scope == BUILTIN_SCOPE:
                yield self._free(name)
            case Name():
                yield from self._of_name(expression.variable, depth)
            case Attribute():
                for owner in self._follow(expression.value, depth - 1):
                    yield self._attribute(owner, expression.name)
            case Subscript():
                yield from self._follow(expression.value, depth - 1)
            case Constant():
                # The `None` that stands for a missing import is nothing to derive from or call.
                return
            case _:
                yield None

    def _attribute(self, owner: Meaning, name: str) -> Meaning:
        if isinstance(owner, str):
            return f"{owner}.{name}"
        if isinstance(owner, ClassDefinition):
            return owner.methods.get(name)
        return None

    def _free(self, name: str) -> str | None:
        """A name that the file never binds: a builtin, or from a star import."""
        if hasattr(builtins, name):
            return f"builtins.{name}"
        return f"{self._stars[0]}.{name}" if len(self._stars) == 1 else None
