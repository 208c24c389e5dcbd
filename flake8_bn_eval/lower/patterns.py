"""Patterns of ``match``: a condition on the subject and the names that are captured.

Literals, alternatives, classes without parts, sequences and captures are modelled; the
shape of mappings and of classes with parts is not (whether they match is unknown).
"""

from __future__ import annotations

from collections.abc import Sequence

import libcst as cst

from flake8_bn_eval.lower.context import Context
from flake8_bn_eval.lower.expressions import ExpressionLowering
from flake8_bn_eval.operations import (
    BUILTIN_SCOPE,
    LENGTH,
    Call,
    Comparison,
    Constant,
    Expression,
    Junction,
    Name,
    Opaque,
    Subscript,
)

Capture = tuple[Expression, Expression]
"""A target, and what is assigned to it."""



class PatternLowering:
    """Lowers the patterns of a ``match`` statement."""

    def __init__(self, context: Context, expressions: ExpressionLowering) -> None:
        self.context = context
        self.expressions = expressions

    def lower(self, node: cst.CSTNode, subject: Expression) -> tuple[Expression, list[Capture]]:
        """The condition under which a pattern matches, and what it binds to what."""
        match node:
            case cst.MatchValue() | cst.MatchSingleton():
                return Comparison("==", subject, self.expressions.lower(node.value)), []
            case cst.MatchAs(pattern=None, name=None):
                return Constant(True), []
            case cst.MatchAs(pattern=None, name=cst.Name() as name):
                return Constant(True), [(self.expressions.lower_target(name), subject)]
            case cst.MatchAs(pattern=cst.MatchPattern() as pattern, name=cst.Name() as name):
                condition, captures = self.lower(pattern, subject)
                return condition, [*captures, (self.expressions.lower_target(name), subject)]
            case cst.MatchOr():
                return self._alternatives(node, subject)
            case cst.MatchClass(patterns=[], kwds=[]):
                wanted = self.expressions.lower(node.cls)
                isinstance_ = Name((BUILTIN_SCOPE, "isinstance"))
                return Call(isinstance_, [subject, wanted], [], self.context.place), []
            case cst.MatchList() | cst.MatchTuple() if _is_plain(node.patterns):
                return self._elements(node.patterns, subject)
        return Opaque([subject]), [(target, Opaque([subject])) for target in self._captures(node)]

    def _elements(
        self, patterns: Sequence[cst.CSTNode], subject: Expression
    ) -> tuple[Expression, list[Capture]]:
        """A sequence of so many elements; that it is one is not tested."""
        captures: list[Capture] = []
        length = Call(Name((BUILTIN_SCOPE, LENGTH)), [subject], [], self.context.place)
        conditions: list[Expression] = [Comparison("==", length, Constant(len(patterns)))]
        for index, element in enumerate(patterns):
            assert isinstance(element, cst.MatchSequenceElement)
            part = Subscript(subject, Constant(index))
            condition, more = self.lower(element.value, part)
            captures += more
            if not isinstance(condition, Constant):
                conditions.append(condition)
        return conditions[0] if len(conditions) == 1 else Junction(True, conditions), captures

    def guarded(
        self, condition: Expression, captures: list[Capture], guard: Expression
    ) -> Expression:
        """A pattern with an ``if``: the captured names are not followed into the guard."""
        return Junction(True, [condition, Opaque([guard]) if captures else guard])

    def _alternatives(
        self, node: cst.MatchOr, subject: Expression
    ) -> tuple[Expression, list[Capture]]:
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


def _is_plain(patterns: Sequence[cst.CSTNode]) -> bool:
    return all(isinstance(each, cst.MatchSequenceElement) for each in patterns)
