"""A whole file: libcst's module to a `Program`."""

from __future__ import annotations

import libcst as cst

from flake8_bn_eval.lower.context import Context
from flake8_bn_eval.lower.statements import StatementLowering
from flake8_bn_eval.operations import Program


def lower_module(module: cst.Module, base: int = 0) -> Program:
    """Lower a parsed file, whose places begin at a base.

    Raises RecursionError where it nests too deeply.
    """
    context = Context(base)
    with context.inside(context.scope):
        body = StatementLowering(context).body(module.body)
    return Program(
        body,
        context.functions,
        context.classes,
        frozenset(context.imported),
        frozenset(context.explained),
        context.places - base,
        context.traits.calls,
        base,
        context.imports,
        frozenset(context.traits.called),
        context.scope.captured,
    )
