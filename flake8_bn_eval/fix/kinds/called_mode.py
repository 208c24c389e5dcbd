"""``model.training = False`` becomes ``model.eval()``, a mode put back ``model.train(mode)``."""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from flake8_bn_eval.findings import Safety
from flake8_bn_eval.fix.base import Change, repairs
from flake8_bn_eval.fix.bindings import dotted
from flake8_bn_eval.fix.regions import own_nodes
from flake8_bn_eval.fix.site import Site
from flake8_bn_eval.fix.tree import DeclinedError, Rewrite

CONSTANTS = {"True": "train()", "False": "eval()"}


@repairs("BNE302")
def propose(site: Site) -> Iterator[Change]:
    """Calls that reach the children stand in the place of all assignments of the function.

    All, because a flag that is put back by hand would not undo a call.
    """
    statement = site.needed(cst.Assign)
    flag = dotted(statement.targets[0].target)
    if not flag:
        raise DeclinedError("the module has no name on which to call it")
    scope = site.file.scope(statement)
    nodes = own_nodes(scope.body if isinstance(scope, cst.Module) else [scope.body])
    assigned = [node for node in nodes if isinstance(node, cst.Assign) and _assigns(node, flag)]
    if any(len(each.targets) > 1 for each in assigned):
        raise DeclinedError("several flags are assigned at once")
    calls = {each: _call(site, each, flag) for each in assigned}
    changed = site.file.rewritten({each: _standing_for(call) for each, call in calls.items()})
    title = f"call `{site.file.code(calls[statement].value)}`"
    yield Change(title, Safety.UNSAFE, changed)


def _assigns(statement: cst.Assign, flag: str) -> bool:
    return any(dotted(each.target) == flag for each in statement.targets)


def _call(site: Site, statement: cst.Assign, flag: str) -> cst.Expr:
    value = site.file.code(statement.value)
    module = flag.removesuffix(".training")
    written = f"{module}.{CONSTANTS.get(value, f'train({value})')}"
    return cst.Expr(cst.parse_expression(written), semicolon=statement.semicolon)


def _standing_for(call: cst.Expr) -> Rewrite:
    return lambda _: call
