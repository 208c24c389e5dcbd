"""Import statements: names bound to dotted paths."""

from __future__ import annotations

import ast

from flake8_bn_eval.lower.context import Context
from flake8_bn_eval.operations import Import, Variable


def import_modules(node: ast.Import, context: Context) -> Import:
    """``import a.b``, ``import a.b as c``."""
    bindings: list[tuple[Variable, str]] = []
    for alias in node.names:
        top = alias.name.split(".")[0]
        context.imported.add(top)
        bound, path = (top, top) if alias.asname is None else (alias.asname, alias.name)
        bindings.append((context.scope.bind(bound), path))
    return Import(bindings, None, context.place)


def import_from(node: ast.ImportFrom, context: Context) -> Import:
    """``from a import b as c``, ``from . import d``, ``from e import *``."""
    source = "." * node.level + (node.module or "")
    if not node.level:
        context.imported.add(source.split(".")[0])
    if node.names[0].name == "*":
        return Import([], source, context.place)
    separator = "" if source.endswith(".") else "."
    bindings = [
        (context.scope.bind(alias.asname or alias.name), f"{source}{separator}{alias.name}")
        for alias in node.names
    ]
    return Import(bindings, None, context.place)
