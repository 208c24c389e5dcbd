"""``nn.ModuleList`` around a list of modules, ``nn.ModuleDict`` around a dictionary."""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from flake8_bn_eval.findings import Safety
from flake8_bn_eval.fix.base import Change, repairs
from flake8_bn_eval.fix.bindings import dotted
from flake8_bn_eval.fix.containers import Contents, contents_of
from flake8_bn_eval.fix.regions import own_nodes
from flake8_bn_eval.fix.site import Site
from flake8_bn_eval.fix.training import called_name
from flake8_bn_eval.fix.tree import DeclinedError

LIST, DICT = "torch.nn.ModuleList", "torch.nn.ModuleDict"
METHODS = {
    LIST: frozenset({"append", "extend", "insert", "pop"}),
    DICT: frozenset({"clear", "items", "keys", "pop", "update", "values"}),
}
"""The methods that a module container shares with the plain one."""
READING = frozenset({"all", "any", "enumerate", "iter", "len", "list", "range", "reversed"})
READING |= frozenset({"tuple", "zip"})


@repairs("BNE305", is_local=True)
def propose(site: Site) -> Iterator[Change]:
    """The value that is assigned becomes the argument of the container."""
    statement = site.needed(cst.Assign)
    if len(statement.targets) != 1:
        raise DeclinedError("it is assigned to several names at once")
    attribute = dotted(statement.targets[0].target)
    contents = contents_of(statement.value)
    kind = DICT if contents.is_dictionary else LIST
    doubts = [*_doubts(site, statement, attribute, kind), *contents.doubts]
    spelling = site.file.imports.spelling(kind, statement)
    arguments = [] if contents.is_empty else [cst.Arg(statement.value)]
    container = cst.Call(spelling.expression, arguments)
    changed = spelling.with_import(site.file.rewritten({statement.value: lambda _: container}))
    safety = Safety.UNSAFE if doubts else Safety.SAFE
    yield Change(f"make `{attribute}` an `{spelling.written}`", safety, changed)


def _doubts(site: Site, statement: cst.Assign, attribute: str, kind: str) -> Iterator[str]:
    """Uses of the attribute of which it is not certain that a container allows for them.

    Raises `DeclinedError` for those that it does not.
    """
    name = attribute.rpartition(".")[2]
    assigned = 0
    for node in site.file.nodes:
        if isinstance(node, cst.AssignTarget | cst.AnnAssign) and dotted(node.target) == attribute:
            assigned += 1
        if isinstance(node, cst.Attribute) and node.attr.value == name:
            yield from _doubt_of(site, node, kind)
    if assigned > 1:
        raise DeclinedError(f"`{attribute}` is assigned elsewhere, too")
    if not _is_after_super(site, statement):
        raise DeclinedError("it is assigned before `super().__init__()` has run")


def _doubt_of(site: Site, use: cst.Attribute, kind: str) -> Iterator[str]:
    around = site.file.parents[use]
    if isinstance(around, cst.Attribute):
        added = _added(site, around)
        if around.attr.value not in METHODS[kind]:
            raise DeclinedError(f"a module container has no `{around.attr.value}`")
        yield from Contents([], added).doubts
    elif isinstance(around, cst.BinaryOperation) and around.right is use:
        raise DeclinedError("a plain list and a module list cannot be added")
    elif isinstance(around, cst.Arg) and not around.star:
        call = site.file.parents[around]
        if not (isinstance(call, cst.Call) and dotted(call.func) in READING):
            yield "it is handed on"
    elif isinstance(around, cst.Return | cst.Comparison | cst.Assign):
        yield "it is handed on"


def _added(site: Site, method: cst.Attribute) -> list[cst.BaseExpression]:
    """What a method of the container is given to keep."""
    call = site.file.parents[method]
    if not isinstance(call, cst.Call) or not call.args:
        return []
    return [call.args[-1].value] if method.attr.value in ("append", "insert") else []


def _is_after_super(site: Site, statement: cst.Assign) -> bool:
    """Whether a statement of `__init__` comes after that of the base class."""
    function = site.file.scope(statement)
    if not isinstance(function, cst.FunctionDef) or function.name.value != "__init__":
        return True
    line = site.file.span(statement).line
    return any(
        isinstance(node, cst.Call)
        and called_name(node) == "__init__"
        and site.file.span(node).line < line
        for node in own_nodes([function.body])
    )
