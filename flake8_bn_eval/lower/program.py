"""A whole file: its tree to a `Program`."""

from __future__ import annotations

import ast

from flake8_bn_eval import source
from flake8_bn_eval.lower.comments import explained_lines
from flake8_bn_eval.lower.context import Context
from flake8_bn_eval.lower.statements import StatementLowering
from flake8_bn_eval.operations import Program


def lower_module(text: str, tree: ast.Module, base: int = 0) -> Program:
    """Lower a file, given its text and its tree; its places begin at a base.

    Raises `source.UnparsableError` where it nests too deeply.
    """
    context = Context(base, explained_lines(text))
    try:
        with context.inside(context.scope):
            body = StatementLowering(context).body(tree.body)
    except RecursionError as error:
        _, line = source.depth(tree)
        raise source.UnparsableError(line, 0, "its statements nest too deeply") from error
    return Program(
        body,
        context.functions,
        context.classes,
        frozenset(context.imported),
        frozenset(context.explained),
        context.positions,
        context.traits.calls,
        base,
        context.imports,
        frozenset(context.traits.called),
        context.scope.captured,
    )
