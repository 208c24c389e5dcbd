"""``with torch.no_grad:`` and ``@torch.no_grad`` get their parentheses."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import libcst as cst

from flake8_bn_eval.findings import Safety
from flake8_bn_eval.fix.base import Change, repairs
from flake8_bn_eval.fix.site import Site

CONTEXTS = frozenset({"no_grad", "inference_mode", "enable_grad"})


@repairs("BNE202")
def propose(site: Site) -> Iterator[Change]:
    """The context is called: without it the program raises, or decorates nothing."""
    for named in _named(site):
        is_context = isinstance(named, cst.Attribute) and named.attr.value in CONTEXTS
        if is_context or f"`{site.file.code(named)}()`" in (site.finding.help or ""):
            title = f"call `{site.file.code(named)}()`"
            yield Change(title, Safety.SAFE, site.file.rewritten({named: _called}))


def _named(site: Site) -> Sequence[cst.Name | cst.Attribute]:
    """What a statement enters, or is decorated with, without a call."""
    statement = site.node(cst.With)
    if statement is not None:
        expressions = [item.item for item in statement.items]
    else:
        function = site.node(cst.FunctionDef)
        decorators = () if function is None else function.decorators
        expressions = [decorator.decorator for decorator in decorators]
    return [each for each in expressions if isinstance(each, cst.Name | cst.Attribute)]


def _called(context: cst.CSTNode) -> cst.Call:
    assert isinstance(context, cst.Name | cst.Attribute), "only names are called"
    return cst.Call(context)
