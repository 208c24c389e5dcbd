"""Which variables an operation reads, and which it surely assigns.

A function that is defined reads nothing of its body yet: what it will read is among the
``captured`` names of the function around it.  A lambda counts as read where it is made; the
body of a class runs where it stands.
"""

from __future__ import annotations

from collections.abc import Sequence

from flake8_bn_eval.flow.nodes import held
from flake8_bn_eval.operations import (
    Assign,
    AugmentedAssign,
    DefineClass,
    DefineFunction,
    Delete,
    Display,
    Enter,
    Expression,
    Import,
    Iterate,
    Name,
    Operation,
    Starred,
    Variable,
)


def used(operation: object) -> set[Variable]:
    """The variables that an operation may read while it runs."""
    assert isinstance(operation, Operation)
    found = {name.variable for name in operation.reads}
    if isinstance(operation, DefineClass):
        found.update(*(used(inner) for inner in held(operation.definition.body)))
    return found


def assigned(operation: object) -> set[Variable]:
    """The variables that are bound or deleted whenever an operation ends normally."""
    match operation:
        case Assign() | Delete():
            return _names(operation.targets)
        case AugmentedAssign() | Iterate() | Enter():
            return _names([operation.target])
        case DefineFunction() | DefineClass():
            return {operation.variable}
        case Import():
            return {variable for variable, _ in operation.bindings}
    return set()


def _names(targets: Sequence[Expression | None]) -> set[Variable]:
    """The names among targets."""
    names: set[Variable] = set()
    pending = list(targets)
    while pending:
        match pending.pop():
            case Name(variable=variable):
                names.add(variable)
            case Display(elements=elements):
                pending += elements
            case Starred(value=value):
                pending.append(value)
    return names
