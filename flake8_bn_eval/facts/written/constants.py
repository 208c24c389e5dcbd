"""The constants that an expression may be, through names, defaults, attributes and arithmetic.

A name that is assigned twice is a constant only if both assignments give the same one; a
parameter may be any of the constants that the calls in sight give it, and its default where
one of them leaves it out or there is none.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from dataclasses import dataclass

from flake8_bn_eval.facts.written.call_graph import CallGraph
from flake8_bn_eval.facts.written.schemas import Schemas
from flake8_bn_eval.facts.written.survey import Given
from flake8_bn_eval.operations import (
    Attribute,
    Binary,
    Call,
    ClassDefinition,
    Conditional,
    Constant,
    Expression,
    Name,
    Place,
    Subscript,
    Variable,
)

DEEPEST = 8
ARITHMETIC: dict[str, Callable[[float, float], float]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
}


@dataclass(frozen=True, slots=True)
class Known:
    """A constant, and the statements and calls by which it came here, the origin first."""

    value: object
    places: tuple[Place, ...] = ()


class Constants:
    """Folds expressions."""

    def __init__(self, graph: CallGraph) -> None:
        self.graph = graph
        self.survey = graph.survey
        self._schemas = Schemas(graph)

    def of(self, expression: Expression, depth: int = DEEPEST) -> list[Known]:
        """The constants that an expression is sure to be for somebody; empty if nobody knows."""
        if depth == 0:
            return []
        match expression:
            case Constant(value=value):
                return [Known(value)]
            case Name():
                return self._name(expression.variable, depth - 1)
            case Attribute():
                return self._attribute(expression, depth - 1)
            case Binary():
                return self._binary(expression, depth - 1)
            case Conditional():
                return _agreed(
                    [self.of(each, depth - 1) for each in (expression.then, expression.otherwise)]
                )
            case Subscript():
                return self._element(expression, depth - 1)
            case Call(callee=Name(variable=(_, "float" | "int")), arguments=[argument]):
                return self.of(argument, depth - 1)
        return []

    def _name(self, variable: Variable, depth: int) -> list[Known]:
        assigned = self.survey.names.get(variable, [])
        if variable in self.survey.parameters:
            return [] if assigned else self._parameter(variable, depth)
        return self._assigned(assigned, depth)

    def _assigned(self, assigned: list[Given], depth: int) -> list[Known]:
        if not all(each.whole for each in assigned):
            return []
        return _agreed(
            [
                [
                    Known(known.value, (*known.places, each.place))
                    for known in self.of(each.value, depth)
                ]
                for each in assigned
            ]
        )

    def _parameter(self, variable: Variable, depth: int) -> list[Known]:
        function, parameter = self.survey.parameters[variable]
        if parameter.kind not in ("positional", "keyword"):
            return []
        default = [] if parameter.default is None else self.of(parameter.default, depth)
        default = _through(function.place, default)
        found: list[Known] = []
        callers = self.graph.callers(function)
        for caller in callers:
            value, unseen = self.graph.argument(caller, variable)
            if value is not None:
                found += _through(caller.site.call.place, self.of(value, depth))
            elif not unseen:
                found += default
        return found if callers else default

    def _attribute(self, attribute: Attribute, depth: int) -> list[Known]:
        given = self.graph.given(attribute)
        if given is None:
            meaning = self.graph.bindings.meaning(attribute.value)
            if not isinstance(meaning, ClassDefinition):
                return self._field(attribute, depth) if meaning is None else []
            given = self.survey.names.get((meaning.scope, attribute.name), [])
        return self._assigned(given, depth)

    def _field(self, attribute: Attribute, depth: int) -> list[Known]:
        """``config.momentum``, where a class of the file holds such options."""
        given = self._schemas.values(attribute.name) or self._schemas.of_instance(attribute)
        return [
            Known(known.value, (*known.places, each.place))
            for each in given
            for known in self.of(each.value, depth)
        ]

    def _element(self, subscript: Subscript, depth: int) -> list[Known]:
        """``options["momentum"]`` of a dictionary that is written out."""
        key = subscript.index
        items = self.graph.passing.items(subscript.value)
        if not isinstance(key, Constant) or items is None or key.value not in items:
            return []
        return self.of(items[str(key.value)], depth)

    def _binary(self, binary: Binary, depth: int) -> list[Known]:
        apply = ARITHMETIC.get(binary.operator)
        left, right = self.of(binary.left, depth), self.of(binary.right, depth)
        if apply is None:
            return []
        return [
            Known(result, (*first.places, *second.places))
            for first in left
            for second in right
            if (result := _calculated(apply, first.value, second.value)) is not None
        ]


def _calculated(
    apply: Callable[[float, float], float], left: object, right: object
) -> float | None:
    if not isinstance(left, int | float) or not isinstance(right, int | float):
        return None
    try:
        return apply(left, right)
    except (ZeroDivisionError, OverflowError):
        return None


def _through(place: Place, found: list[Known]) -> list[Known]:
    """The same constants, one step further from where they are written."""
    return [Known(each.value, (*each.places, place)) for each in found]


def _agreed(alternatives: list[list[Known]]) -> list[Known]:
    """The constants of several assignments, if all of them give the same one."""
    values = {(type(known.value), known.value) for found in alternatives for known in found}
    if not all(alternatives) or len(alternatives) > 1 and len(values) > 1:
        return []
    return [known for found in alternatives[:1] for known in found]
