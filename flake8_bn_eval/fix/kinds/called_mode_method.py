"""``model.eval`` becomes ``model.eval()``."""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from flake8_bn_eval.findings import Safety
from flake8_bn_eval.fix.base import Change, repairs
from flake8_bn_eval.fix.site import Site


@repairs("BNE303")
def propose(site: Site) -> Iterator[Change]:
    """The method that is named by a statement is called."""
    method = site.needed(cst.Expr, cst.Assign, cst.AnnAssign).value
    if isinstance(method, cst.Attribute):
        written = site.tree.module.code_for_node(method.with_changes(lpar=(), rpar=()))
        yield Change(f"call `{written}()`", Safety.SAFE, site.tree.rewritten({method: _called}))


def _called(method: cst.CSTNode) -> cst.Call:
    return cst.Call(cst.ensure_type(method, cst.Attribute))
