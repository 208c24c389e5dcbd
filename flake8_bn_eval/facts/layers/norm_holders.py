"""Whether something holds norm layers with running statistics, by how it was made."""

from __future__ import annotations

from flake8_bn_eval.facts.written.call_graph import CallGraph
from flake8_bn_eval.facts.written.listing import expressions
from flake8_bn_eval.knowledge.lookup import Knowledge
from flake8_bn_eval.operations import (
    Attribute,
    Call,
    ClassDefinition,
    Constant,
    Expression,
    FunctionDefinition,
    Name,
)

DEEPEST = 5


class NormHolders:
    """Asks what things are made of: calls of libraries, and classes and functions of the file."""

    def __init__(self, graph: CallGraph, knowledge: Knowledge) -> None:
        self._graph = graph
        self._knowledge = knowledge

    def holds(self, expression: Expression, depth: int = DEEPEST) -> bool:
        """Whether a name or an attribute of `self` surely stands for something with such norms."""
        return self._holds(expression, depth, set())

    def _holds(self, expression: Expression, depth: int, seen: set[int]) -> bool:
        if depth == 0 or id(expression) in seen:
            return False
        seen.add(id(expression))
        if any(self._holds(each, depth - 1, seen) for each in self._parts(expression)):
            return True
        for origin in self._graph.origins(expression):
            for part in expressions(origin):
                if isinstance(part, Call) and self._makes(part, depth, seen):
                    return True
                if isinstance(part, Name | Attribute) and part is not expression:
                    if part is not origin and self._holds(part, depth - 1, seen):
                        return True
        return False

    def _parts(self, expression: Expression) -> list[Expression]:
        """What ``self.model.backbone`` is given in the class that `self.model` is made of."""
        if not isinstance(expression, Attribute) or self._graph.given(expression) is not None:
            return []
        origins = self._graph.origins(expression.value)
        made = (part for each in origins for part in expressions(each))
        meanings = [
            meaning
            for call in made
            if isinstance(call, Call)
            for meaning in self._graph.bindings.meanings(call.callee)
        ]
        classes = [each for each in meanings if isinstance(each, ClassDefinition)]
        return [value for each in classes for value in self._fields(each, expression.name)]

    def _makes(self, call: Call, depth: int, seen: set[int]) -> bool:
        for meaning in self._graph.bindings.meanings(call.callee):
            match meaning:
                case ClassDefinition():
                    values = self._fields(meaning)
                case FunctionDefinition():
                    values = [
                        each.value for each in self._graph.survey.returned.get(id(meaning), ())
                    ]
                case str() if self._is_norm(meaning, call):
                    return True
                case _:
                    values = []
            if any(self._holds(each, depth - 1, seen) for each in values):
                return True
        return False

    def _fields(self, definition: ClassDefinition, named: str | None = None) -> list[Expression]:
        """What the methods of a class keep in attributes of its instances, or in one of them."""
        fact = self._graph.classes.of(definition)
        lineage = {id(each) for each in fact.lineage}
        return [
            each.given.value
            for name, assigned in self._graph.survey.attributes.items()
            if named in (None, name)
            for each in assigned
            if (owner := self._graph.owner(each.owner)) and id(owner.definition) in lineage
        ]

    def _is_norm(self, path: str, call: Call) -> bool:
        row = self._knowledge.callable(path)
        if row is None:
            return False
        if row.holds_norms:
            return True
        tracking = next((each for each in row.roles if each.role == "tracking"), None)
        if tracking is None or tracking.default != 1:
            return False
        given = self._graph.passed(call).get(tracking.position, tracking.parameter)
        return not (isinstance(given, Constant) and given.value is False)
