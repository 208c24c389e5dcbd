"""Which variables an operation reads, and which it surely assigns.

A function that is defined or a lambda that is made reads nothing of its body yet: what it
will read is among the ``captured`` names of the function around it.  The body of a class
runs where it stands, and so does that of a comprehension.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flake8_bn_eval.flow.nodes import held
from flake8_bn_eval.operations import (
    Assign,
    AugmentedAssign,
    Clause,
    Constant,
    DefineClass,
    DefineFunction,
    Delete,
    Display,
    Enter,
    Expression,
    Import,
    Iterate,
    Lambda,
    Name,
    Operation,
    Starred,
    Variable,
)


def used(operation: object) -> set[Variable]:
    """The variables that an operation may read while it runs."""
    found: set[Variable] = set()
    match operation:
        case Assign():
            _collect([operation.value, *_targets(operation.targets)[1]], found)
        case Iterate():
            _collect([operation.iterable, *_targets([operation.target])[1]], found)
        case Enter():
            _collect([operation.context, *_targets([operation.target])[1]], found)
        case Delete():
            _collect(_targets(operation.targets)[1], found)
        case DefineFunction(definition=definition):
            defaults = [parameter.default for parameter in definition.parameters]
            _collect([*definition.decorators, *defaults], found)
        case DefineClass(definition=definition):
            _collect([*definition.bases, *definition.decorators], found)
            for inner in held(definition.body):
                found |= used(inner)
        case Import():
            pass
        case Operation():
            slots: tuple[str, ...] = operation.__slots__
            _collect([getattr(operation, slot) for slot in slots], found)
    return found


def assigned(operation: object) -> set[Variable]:
    """The variables that are bound or deleted whenever an operation ends normally."""
    match operation:
        case Assign() | Delete():
            return _targets(operation.targets)[0]
        case AugmentedAssign() | Iterate() | Enter():
            return _targets([operation.target])[0]
        case DefineFunction() | DefineClass():
            return {operation.variable}
        case Import():
            return {variable for variable, _ in operation.bindings}
    return set()


def _targets(targets: Sequence[Expression | None]) -> tuple[set[Variable], list[Expression]]:
    """The names among targets, and what is evaluated to find where the others are."""
    names: set[Variable] = set()
    others: list[Expression] = []
    pending = list(targets)
    while pending:
        match pending.pop():
            case Name(variable=variable):
                names.add(variable)
            case Display(elements=elements):
                pending += elements
            case Starred(value=value):
                pending.append(value)
            case Expression() as other:
                others.append(other)
    return names, others


def _collect(parts: list[Any], found: set[Variable]) -> None:
    """Add the names in parts of records, other than those of functions that are made."""
    pending = parts
    while pending:
        part = pending.pop()
        kind = type(part)
        if kind is Name:
            found.add(part.variable)
        elif kind is list or kind is tuple:
            pending += part
        elif kind is Lambda:
            pending += [each.default for each in part.function.parameters]
        elif kind is not Constant and isinstance(part, Expression | Clause):
            pending += [getattr(part, slot) for slot in kind.__slots__]
