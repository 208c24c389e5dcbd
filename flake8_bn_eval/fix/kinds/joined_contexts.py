"""``with torch.no_grad() and autocast():`` becomes ``with torch.no_grad(), autocast():``."""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from flake8_bn_eval.findings import Safety
from flake8_bn_eval.fix.base import Change, repairs
from flake8_bn_eval.fix.site import Site


@repairs("BNE202")
def propose(site: Site) -> Iterator[Change]:
    """All contexts are entered; safe where nothing trains, because gradients go off."""
    statement = site.node(cst.With)
    if statement is None:
        return
    joined = [item for item in statement.items if _parts(item.item)]
    if not joined:
        return
    items = [new for item in statement.items for new in _separate(item)]
    changed = site.file.rewritten({statement: lambda node: node.with_changes(items=items)})
    safety = Safety.UNSAFE if _may_train(site, statement) else Safety.SAFE
    yield Change("separate the contexts by commas", safety, changed)


def _parts(expression: cst.BaseExpression) -> list[cst.BaseExpression]:
    """What ``and`` joins, from left to right; nothing if it joins nothing."""
    if not isinstance(expression, cst.BooleanOperation):
        return []
    if not isinstance(expression.operator, cst.And):
        return []
    left = _parts(expression.left) or [expression.left]
    right = _parts(expression.right) or [expression.right]
    return [*left, *right]


def _separate(item: cst.WithItem) -> list[cst.WithItem]:
    """One item for each context; a name and a comma stay behind the last."""
    *others, last = _parts(item.item) or [item.item]
    comma = cst.Comma(whitespace_after=cst.SimpleWhitespace(" "))
    return [*(cst.WithItem(each, comma=comma) for each in others), item.with_changes(item=last)]


def _may_train(site: Site, statement: cst.With) -> bool:
    """Whether something trains in the function of a statement, or on what it gives."""
    function, training = site.file.scope(statement), site.file.training
    if training.trains(function):
        return True
    return isinstance(function, cst.FunctionDef) and training.is_called_to_train(function)
