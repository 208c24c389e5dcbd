"""Patterns of ``match``: a condition on the subject and the names that are captured.

Literals, alternatives of literals and captures are modelled; the shape of sequences,
mappings and classes is not (whether they match is unknown).
"""

from __future__ import annotations

import libcst as cst

from flake8_bn_eval.lower.context import Context
from flake8_bn_eval.lower.expressions import ExpressionLowering
from flake8_bn_eval.operations import (
    Comparison,
    Constant,
    Expression,
    Junction,
    Name,
    Opaque,
)


class PatternLowering:
    """Lowers the patterns of a ``match`` statement."""

    def __init__(self, context: Context, expressions: ExpressionLowering) -> None:
        self.context = context
        self.expressions = expressions

    def lower(self, node: cst.CSTNode, subject: Name) -> tuple[Expression, list[Expression]]:
        """The condition under which a pattern matches, and the targets that it binds."""
        match node:
            case cst.MatchValue() | cst.MatchSingleton():
                return Comparison("==", subject, self.expressions.lower(node.value)), []
            case cst.MatchAs(pattern=None, name=None):
                return Constant(True), []
            case cst.MatchAs(pattern=None, name=cst.Name() as name):
                return Constant(True), [self.expressions.lower_target(name)]
            case cst.MatchAs(pattern=cst.MatchPattern() as pattern, name=cst.Name() as name):
                condition, captures = self.lower(pattern, subject)
                return condition, [*captures, self.expressions.lower_target(name)]
            case cst.MatchOr():
                return self._alternatives(node, subject)
        return Opaque([subject]), self._captures(node)

    def guarded(
        self, condition: Expression, captures: list[Expression], guard: Expression
    ) -> Expression:
        """A pattern with an ``if``: the captured names are not followed into the guard."""
        return Junction(True, [condition, Opaque([guard]) if captures else guard])

    def _alternatives(
        self, node: cst.MatchOr, subject: Name
    ) -> tuple[Expression, list[Expression]]:
        lowered = [self.lower(element.pattern, subject) for element in node.patterns]
        captures = [capture for _, each in lowered for capture in each]
        return Junction(False, [condition for condition, _ in lowered]), captures

    def _captures(self, node: cst.CSTNode) -> list[Expression]:
        """Every name that a pattern of an unmodelled shape binds."""
        captures: list[Expression] = []
        if isinstance(node, cst.MatchAs | cst.MatchStar) and isinstance(node.name, cst.Name):
            captures.append(self.expressions.lower_target(node.name))
        if isinstance(node, cst.MatchMapping) and isinstance(node.rest, cst.Name):
            captures.append(self.expressions.lower_target(node.rest))
        for child in node.children:
            if isinstance(child, cst.BaseExpression):
                self.expressions.lower(child)
            else:
                captures += self._captures(child)
        return captures
