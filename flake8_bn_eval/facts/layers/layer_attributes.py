"""Assignments to attributes of layers that are built: ``layer.momentum = 0.99``.

What is assigned to must be a layer with such an argument: by how it was made, or by a test of
its class, or of the name of its class, around the assignment.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from flake8_bn_eval.facts.written.call_graph import CallGraph
from flake8_bn_eval.facts.written.constants import Constants, Known
from flake8_bn_eval.facts.written.listing import expressions
from flake8_bn_eval.facts.written.survey import GivenAttribute, Guard
from flake8_bn_eval.knowledge.lookup import Knowledge
from flake8_bn_eval.knowledge.rows import Role
from flake8_bn_eval.knowledge.words import mentions
from flake8_bn_eval.operations import Attribute, Call, Constant, Expression, Name, Place
from flake8_bn_eval.wording import describe


@dataclass(frozen=True, slots=True)
class LayerAssignment:
    """``subject.name = value`` of a layer that takes an argument of that name."""

    place: Place
    subject: str
    name: str
    known: tuple[Known, ...]


class LayerAttributes:
    """Finds the assignments."""

    def __init__(self, graph: CallGraph, constants: Constants, knowledge: Knowledge) -> None:
        self.graph = graph
        self.constants = constants
        self.knowledge = knowledge

    def assigned(self, role: Role) -> Iterator[LayerAssignment]:
        """The assignments to the attribute that an argument with this role becomes."""
        for name in sorted(self.knowledge.parameters(role)):
            for each in self.graph.survey.attributes.get(name, ()):
                if self._is_layer(each, role):
                    known = tuple(self.constants.of(each.given.value))
                    subject = f"{describe(each.owner)}.{name}"
                    yield LayerAssignment(each.given.place, subject, name, known)

    def _is_layer(self, assigned: GivenAttribute, role: Role) -> bool:
        made = self.graph.single(assigned.owner)
        if isinstance(made, Call) and self._takes(made.callee, role):
            return True
        return any(self._tests(each, assigned.owner, role) for each in assigned.given.guards)

    def _takes(self, expression: Expression, role: Role) -> bool:
        """Whether something is a layer of a library that takes such an argument."""
        rows = [self.knowledge.callable(each) for each in self.graph.callees(expression)]
        return any(
            row is not None and row.returns == "module" and any(r.role == role for r in row.roles)
            for row in rows
        )

    def _tests(self, guard: Guard, owner: Expression, role: Role) -> bool:
        """Whether a condition that holds asks for the class of the owner, or for its name."""
        parts = list(expressions(guard.condition)) if guard.holds else []
        subject = describe(owner)
        if any(self._names_norm(each) for each in parts):
            return True
        return any(describe(each) == subject for each in parts) and any(
            isinstance(each, Name | Attribute) and self._takes(each, role) for each in parts
        )

    def _names_norm(self, expression: Expression) -> bool:
        match expression:
            case Constant(value=str() as text):
                return mentions(text, self.knowledge.vocabulary.norms)
        return False
