"""``norm.track_running_stats`` becomes ``norm.training`` where it is read to learn the mode."""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from flake8_bn_eval.findings import Safety
from flake8_bn_eval.fix.base import Change, repairs
from flake8_bn_eval.fix.regions import own_nodes
from flake8_bn_eval.fix.site import Site
from flake8_bn_eval.fix.tree import DeclinedError

FLAG = "track_running_stats"


@repairs("BNE301", is_local=True)
def propose(site: Site) -> Iterator[Change]:
    """Every reading of the flag in the statement asks for the mode instead."""
    statement = site.node(cst.Assign) or site.node(cst.Return) or site.node(cst.Expr)
    searched = statement or _condition(site)
    if searched is None or ".training`" not in (site.finding.help or ""):
        raise DeclinedError("whether the batch or the running statistics are meant is for you")
    read = [
        node
        for node in own_nodes([searched])
        if isinstance(node, cst.Attribute) and node.attr.value == FLAG
    ]
    changed = site.file.rewritten(dict.fromkeys(read, _asking))
    yield Change("read `training`", Safety.UNSAFE, changed)


def _condition(site: Site) -> cst.CSTNode | None:
    """What is tested, where the statement is a test."""
    test = site.node(cst.If) or site.node(cst.While) or site.node(cst.Assert)
    return None if test is None else test.test


def _asking(flag: cst.CSTNode) -> cst.CSTNode:
    return flag.with_changes(attr=cst.Name("training"))
