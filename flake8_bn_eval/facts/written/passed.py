"""The arguments of a call as they are written, ``*`` and ``**`` of displays among them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from flake8_bn_eval.facts.written.survey import Survey
from flake8_bn_eval.operations import (
    Call,
    Constant,
    DictDisplay,
    Display,
    Expression,
    Name,
    Starred,
)

if TYPE_CHECKING:
    from flake8_bn_eval.facts.written.call_graph import CallGraph

LONGEST_CHAIN = 4
"""So many calls are followed up: a function may hand on its own ``*args`` to itself."""


@dataclass(frozen=True, slots=True, eq=False)
class Passed:
    """Positional arguments and keywords; ``open`` where there may be others."""

    positional: tuple[Expression, ...]
    keywords: dict[str, Expression]
    open: bool

    def get(self, position: int | None, keyword: str) -> Expression | None:
        """The argument of a parameter, if it is seen to be given."""
        if keyword in self.keywords:
            return self.keywords[keyword]
        if position is not None and 0 <= position < len(self.positional):
            return self.positional[position]
        return None

    def without_first(self) -> Passed:
        """What is left for a function that stands among the arguments itself."""
        return Passed(self.positional[1:], self.keywords, self.open)


class Passing:
    """Reads arguments."""

    def __init__(self, survey: Survey, graph: CallGraph) -> None:
        self.survey = survey
        self.graph = graph

    def of(self, call: Call, depth: int = LONGEST_CHAIN) -> Passed:
        """The arguments of a call."""
        positional: list[Expression] = []
        keywords: dict[str, Expression] = {}
        is_open = False
        for argument in call.arguments:
            if not isinstance(argument, Starred):
                positional.append(argument)
                continue
            elements = self._elements(argument.value, depth)
            positional += elements or []
            if elements is None:
                is_open = True
                break
        for name, value in call.keywords:
            if name is not None:
                keywords[name] = value
                continue
            items = self._items(value, depth)
            is_open = is_open or items is None
            keywords |= (self._handed_in(value, depth) if items is None else items) or {}
        return Passed(tuple(positional), keywords, is_open)

    def items(self, expression: Expression) -> dict[str, Expression] | None:
        """The items of a dictionary that is written out; None where it is not."""
        return self._items(expression, LONGEST_CHAIN)

    def _elements(self, expression: Expression, depth: int) -> list[Expression] | None:
        single = self.graph.single(expression, depth - 1) if depth else None
        value = single or expression
        if isinstance(value, Display) and not any(isinstance(e, Starred) for e in value.elements):
            return value.elements
        return None

    def _items(self, expression: Expression, depth: int) -> dict[str, Expression] | None:
        match expression:
            case DictDisplay():
                return self._of_display(expression, depth)
            case Call(callee=Name(variable=(_, "dict")), arguments=[]) if depth:
                passed = self.of(expression, depth - 1)
                return None if passed.open else dict(passed.keywords)
        value = self.graph.single(expression, depth - 1) if depth else None
        return None if value is None else self._items(value, depth - 1)

    def _handed_in(self, expression: Expression, depth: int) -> dict[str, Expression] | None:
        """The items of a parameter that one caller in sight gives; others may give more."""
        survey = self.survey
        if not depth or not isinstance(expression, Name) or expression.variable in survey.names:
            return None
        if expression.variable not in survey.parameters:
            return None
        function, _ = survey.parameters[expression.variable]
        given = [
            value
            for caller in self.graph.callers(function)
            for value, _ in [self.graph.argument(caller, expression.variable, depth - 1)]
            if value is not None
        ]
        return self._items(given[0], depth - 1) if len(given) == 1 else None

    def _of_display(self, display: DictDisplay, depth: int) -> dict[str, Expression] | None:
        items: dict[str, Expression] = {}
        for key, value in display.items:
            if key is None:
                inner = self._items(value, depth - 1) if depth else None
                if inner is None:
                    return None
                items |= inner
            elif isinstance(key, Constant) and isinstance(key.value, str):
                items[key.value] = value
            else:
                return None
        return items
