"""Which names a piece of a program binds: where they mean something else after it."""

from __future__ import annotations

from collections.abc import Iterable

import libcst as cst

from flake8_bn_eval.fix.tree import DeclinedError

_WITHOUT_OBJECT = frozenset({"classmethod", "staticmethod"})


def bound_in(node: cst.CSTNode) -> frozenset[str]:
    """The names, also dotted ones, that a node binds anywhere in it, but in other functions."""
    found: set[str] = set()
    pending = [node]
    while pending:
        current = pending.pop()
        if isinstance(current, cst.FunctionDef | cst.ClassDef):
            found.add(current.name.value)
            if current is not node:
                continue
        found |= _bound_by(current)
        pending += current.children
    return frozenset(found)


def names_in(expression: str) -> frozenset[str]:
    """The names that an expression reads, each with what it begins with: ``self``, ``self.net``."""
    return read_in(cst.parse_expression(expression)) if expression else frozenset()


def read_in(node: cst.CSTNode) -> frozenset[str]:
    """All names in a node, also dotted ones, but not the attributes by themselves."""
    found: set[str] = set()
    pending = [node]
    while pending:
        current = pending.pop()
        if name := dotted(current):
            found.add(name)
        pending += [current.value] if isinstance(current, cst.Attribute) else current.children
    return frozenset(found)


def self_of(method: cst.FunctionDef) -> str:
    """What a method calls its object; a `DeclinedError` for one that is called without it."""
    parameters = [*method.params.posonly_params, *method.params.params]
    decorators = {dotted(each.decorator) for each in method.decorators}
    if not parameters or not decorators.isdisjoint(_WITHOUT_OBJECT):
        raise DeclinedError("the method takes no `self`")
    return parameters[0].name.value


def overlaps(read: Iterable[str], bound: Iterable[str]) -> bool:
    """Whether one of the names read is bound."""
    return not frozenset(read).isdisjoint(bound)


def dotted(node: cst.CSTNode) -> str:
    """``self.model`` of the node that is written so, and nothing of any other."""
    if isinstance(node, cst.Name):
        return node.value
    if isinstance(node, cst.Attribute):
        owner = dotted(node.value)
        return f"{owner}.{node.attr.value}" if owner else ""
    return ""


def _bound_by(node: cst.CSTNode) -> set[str]:
    """What a node by itself binds."""
    match node:
        case cst.AssignTarget(target=target) | cst.NamedExpr(target=target):
            return _targets(target)
        case cst.AnnAssign(target=target) | cst.AugAssign(target=target):
            return _targets(target)
        case cst.For(target=target) | cst.CompFor(target=target) | cst.Del(target=target):
            return _targets(target)
        case cst.AsName(name=target):
            return _targets(target)
        case cst.ImportAlias():
            return {(node.evaluated_alias or node.evaluated_name).partition(".")[0]}
        case cst.Param(name=cst.Name(value=name)):
            return {name}
        case cst.MatchAs(name=cst.Name(value=name)) | cst.MatchStar(name=cst.Name(value=name)):
            return {name}
    return set()


def _targets(target: cst.CSTNode) -> set[str]:
    """The names of a target, which may be a tuple of targets."""
    if isinstance(target, cst.Tuple | cst.List):
        return {name for element in target.elements for name in _targets(element.value)}
    if isinstance(target, cst.Subscript):
        return _targets(target.value)
    name = dotted(target)
    return {name} if name else set()
