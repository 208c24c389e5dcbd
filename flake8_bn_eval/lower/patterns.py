"""Patterns of ``match``: a condition on the subject and the names that are captured.

Literals, alternatives, classes without parts, sequences and captures are modelled; the
shape of mappings and of classes with parts is not (whether they match is unknown).
"""

from __future__ import annotations

import ast
from collections.abc import Sequence

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

    def lower(self, node: ast.pattern, subject: Expression) -> tuple[Expression, list[Capture]]:
        """The condition under which a pattern matches, and what it binds to what."""
        match node:
            case ast.MatchValue():
                return Comparison("==", subject, self.expressions.lower(node.value)), []
            case ast.MatchSingleton():
                return Comparison("==", subject, Constant(node.value)), []
            case ast.MatchAs(pattern=None, name=None):
                return Constant(True), []
            case ast.MatchAs(pattern=None, name=str() as name):
                return Constant(True), [(self.expressions.bind(name), subject)]
            case ast.MatchAs(pattern=ast.pattern() as pattern, name=str() as name):
                condition, captures = self.lower(pattern, subject)
                return condition, [*captures, (self.expressions.bind(name), subject)]
            case ast.MatchOr():
                return self._alternatives(node, subject)
            case ast.MatchClass(patterns=[], kwd_patterns=[]):
                wanted = self.expressions.lower(node.cls)
                isinstance_ = Name((BUILTIN_SCOPE, "isinstance"))
                return Call(isinstance_, [subject, wanted], [], self.context.place), []
            case ast.MatchSequence() if _is_plain(node.patterns):
                return self._elements(node.patterns, subject)
        return Opaque([subject]), [(target, Opaque([subject])) for target in self._captures(node)]

    def _elements(
        self, patterns: Sequence[ast.pattern], subject: Expression
    ) -> tuple[Expression, list[Capture]]:
        """A sequence of so many elements; that it is one is not tested."""
        captures: list[Capture] = []
        length = Call(Name((BUILTIN_SCOPE, LENGTH)), [subject], [], self.context.place)
        conditions: list[Expression] = [Comparison("==", length, Constant(len(patterns)))]
        for index, element in enumerate(patterns):
            condition, more = self.lower(element, Subscript(subject, Constant(index)))
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
        self, node: ast.MatchOr, subject: Expression
    ) -> tuple[Expression, list[Capture]]:
        lowered = [self.lower(pattern, subject) for pattern in node.patterns]
        captures = [capture for _, each in lowered for capture in each]
        return Junction(False, [condition for condition, _ in lowered]), captures

    def _captures(self, node: ast.AST) -> list[Expression]:
        """Every name that a pattern of an unmodelled shape binds; its values are lowered."""
        captures: list[Expression] = []
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.expr):
                self.expressions.lower(child)
            else:
                captures += self._captures(child)
        name = node.rest if isinstance(node, ast.MatchMapping) else getattr(node, "name", None)
        if name is not None:
            captures.append(self.expressions.bind(name))
        return captures


def _is_plain(patterns: Sequence[ast.pattern]) -> bool:
    return not any(isinstance(each, ast.MatchStar) for each in patterns)
