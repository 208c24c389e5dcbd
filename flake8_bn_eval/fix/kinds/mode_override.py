"""An override of ``train(mode)`` hands the mode on, and returns the module."""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from flake8_bn_eval.findings import Safety
from flake8_bn_eval.fix.base import Change, repairs
from flake8_bn_eval.fix.bindings import self_of
from flake8_bn_eval.fix.blocks import Rewrites, lines, put_before, put_first, put_last
from flake8_bn_eval.fix.regions import own_nodes
from flake8_bn_eval.fix.site import Site
from flake8_bn_eval.fix.training import called_name
from flake8_bn_eval.fix.tree import DeclinedError


@repairs("BNE304", "BNE308", is_local=True)
def propose(site: Site) -> Iterator[Change]:
    """``super().train(mode)`` first, or ``return self`` last."""
    function = site.node(cst.FunctionDef)
    if function is None:
        raise DeclinedError("what hides the method needs another name, in all files")
    module = self_of(function)
    if site.finding.code == "BNE308":
        returning = site.file.rewritten(_returning(function, module))
        yield Change(f"add `return {module}`", Safety.SAFE, returning)
        return
    parameters = [*function.params.posonly_params, *function.params.params]
    if "super().train(" not in (site.finding.help or "") or len(parameters) < 2:
        raise DeclinedError(f"that is for you: {site.finding.help}")
    call = f"super().train({parameters[1].name.value})"
    handing = site.file.rewritten(_handing_on(function, call))
    yield Change(f"call `{call}` first", Safety.UNSAFE, handing)


def _returning(function: cst.FunctionDef, module: str) -> Rewrites:
    """The module is returned at the end, and wherever nothing is returned."""
    value = cst.Name(module)
    bare = [
        node
        for node in own_nodes([function.body])
        if isinstance(node, cst.Return) and node.value is None
    ]
    rewrites: Rewrites = dict.fromkeys(bare, lambda node: _with_value(node, value))
    body = function.body.body
    last = body[-1] if body else None
    if isinstance(last, cst.SimpleStatementLine) and any(each in bare for each in last.body):
        return rewrites
    return {**rewrites, **put_last(function.body, *lines(f"return {module}"))}


def _with_value(node: cst.CSTNode, value: cst.Name) -> cst.Return:
    space = cst.SimpleWhitespace(" ")
    return cst.ensure_type(node, cst.Return).with_changes(
        value=value, whitespace_after_return=space
    )


def _handing_on(function: cst.FunctionDef, written: str) -> Rewrites:
    """The call to the base is given the mode, or put in behind the docstring."""
    for node in own_nodes([function.body]):
        if isinstance(node, cst.Call) and called_name(node) in ("train", "eval"):
            owner = node.func.value if isinstance(node.func, cst.Attribute) else None
            if isinstance(owner, cst.Call) and called_name(owner) == "super":
                return {node: lambda _: cst.parse_expression(written)}
    body = function.body.body
    if function.get_docstring() is None:
        return put_first(function.body, *lines(written))
    if len(body) < 2 or not isinstance(body[1], cst.BaseStatement):
        return put_last(function.body, *lines(written))
    return put_before(body[1], *lines(written))
