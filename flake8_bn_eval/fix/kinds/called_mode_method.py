"""``model.eval`` becomes ``model.eval()``."""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from flake8_bn_eval.findings import Safety
from flake8_bn_eval.fix.base import Change, repairs
from flake8_bn_eval.fix.site import Site


@repairs("BNE303", is_local=True)
def propose(site: Site) -> Iterator[Change]:
    """The method that is named by a statement is called."""
    statement = site.node(cst.Expr) or site.node(cst.Assign) or site.needed(cst.AnnAssign)
    method = statement.value
    if isinstance(method, cst.Attribute):
        written = site.file.code(method)
        yield Change(f"call `{written}()`", Safety.SAFE, site.file.rewritten({method: _called}))


def _called(method: cst.CSTNode) -> cst.Call:
    """The parentheses around the method are then around the call."""
    bare = cst.ensure_type(method, cst.Attribute)
    return cst.Call(bare.with_changes(lpar=(), rpar=()), lpar=bare.lpar, rpar=bare.rpar)
