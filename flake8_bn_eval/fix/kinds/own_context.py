"""A context object that is entered again while it is active becomes a new one."""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from flake8_bn_eval.findings import Safety
from flake8_bn_eval.fix.base import Change, repairs
from flake8_bn_eval.fix.expressions import replaced
from flake8_bn_eval.fix.site import Site
from flake8_bn_eval.fix.tree import DeclinedError


@repairs("BNE202")
def propose(site: Site) -> Iterator[Change]:
    """The call that made the object, if it is known, stands in the place of its name."""
    statement = site.node(cst.With)
    if statement is None or "entered while it is active" not in site.finding.message:
        return
    for item in statement.items:
        if isinstance(item.item, cst.Name) and f"`{item.item.value}`" in site.finding.message:
            made = _made(site, item.item.value)
            changed = site.file.rewritten(replaced(item.item, made))
            yield Change(f"enter a new `{site.file.code(made)}`", Safety.UNSAFE, changed)
            return
    raise DeclinedError("where the context is made is not in sight")


def _made(site: Site, name: str) -> cst.Call:
    """The only thing that is ever assigned to a name, a call without arguments."""
    values = [
        node.value
        for node in site.file.nodes
        if isinstance(node, cst.Assign)
        and any(
            isinstance(each.target, cst.Name) and each.target.value == name for each in node.targets
        )
    ]
    if len(values) != 1 or not isinstance(values[0], cst.Call) or values[0].args:
        raise DeclinedError(f"`{name}` is not made by a single call without arguments")
    return values[0]
