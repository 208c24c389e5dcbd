"""Import statements: names bound to dotted paths."""

from __future__ import annotations

import libcst as cst

from flake8_bn_eval.lower.context import Context
from flake8_bn_eval.operations import Import, Variable


def import_modules(node: cst.Import, context: Context) -> Import:
    """``import a.b``, ``import a.b as c``."""
    bindings: list[tuple[Variable, str]] = []
    for alias in node.names:
        path = _dotted(alias.name)
        context.imported.add(path.split(".")[0])
        if alias.asname is not None and isinstance(alias.asname.name, cst.Name):
            bindings.append((context.scope.bind(alias.asname.name.value), path))
        else:
            top = path.split(".")[0]
            bindings.append((context.scope.bind(top), top))
    return Import(bindings, None, context.place)


def import_from(node: cst.ImportFrom, context: Context) -> Import:
    """``from a import b as c``, ``from . import d``, ``from e import *``."""
    dots = "." * len(node.relative)
    source = dots + ("" if node.module is None else _dotted(node.module))
    if not dots:
        context.imported.add(source.split(".")[0])
    if isinstance(node.names, cst.ImportStar):
        return Import([], source, context.place)
    separator = "" if source.endswith(".") else "."
    bindings = []
    for alias in node.names:
        assert isinstance(alias.name, cst.Name)
        name = alias.name.value
        bound = alias.asname.name.value if _renamed(alias) else name  # type: ignore[union-attr]
        bindings.append((context.scope.bind(bound), f"{source}{separator}{name}"))
    return Import(bindings, None, context.place)


def _renamed(alias: cst.ImportAlias) -> bool:
    return alias.asname is not None and isinstance(alias.asname.name, cst.Name)


def _dotted(node: cst.BaseExpression) -> str:
    parts: list[str] = []
    while isinstance(node, cst.Attribute):
        parts.append(node.attr.value)
        node = node.value
    assert isinstance(node, cst.Name)
    return ".".join([node.value, *reversed(parts)])
