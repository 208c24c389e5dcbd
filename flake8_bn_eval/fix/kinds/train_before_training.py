"""``model.train()`` at the head of the epoch loop."""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from flake8_bn_eval.findings import Safety
from flake8_bn_eval.fix.advice import advised_call
from flake8_bn_eval.fix.base import Change, repairs
from flake8_bn_eval.fix.bindings import bound_in, names_in, overlaps
from flake8_bn_eval.fix.blocks import Rewrites, lines, put_before, put_first
from flake8_bn_eval.fix.regions import loops_around, named_outside
from flake8_bn_eval.fix.site import Site


@repairs("BNE103")
def propose(site: Site) -> Iterator[Change]:
    """At the head of the epoch if there are two loops, before the loop if there is one.

    Where something in the epoch evaluates, that is not enough: then before each step.
    """
    call = site.needed(cst.Call)
    missing = advised_call(site.finding)
    statement = named_outside(site.file, call, missing.subject)
    names = names_in(missing.subject)
    loops = [loop for loop in loops_around(site.file, call) if loop is not statement]
    new = lines(missing.written)
    ways: list[tuple[str, Rewrites]] = []
    if len(loops) > 1 and not overlaps(names, bound_in(loops[1].body)):
        ways.append(("at the head of the epoch", put_first(loops[1].body, *new)))
    if len(loops) == 1 and not overlaps(names, bound_in(loops[0])):
        ways.append(("before the loop", put_before(loops[0], *new)))
    if loops and not overlaps(names, bound_in(loops[0].body)):
        ways.append(("at the head of the step", put_first(loops[0].body, *new)))
    ways.append(("before", put_before(statement, *new)))
    for where, rewrites in ways:
        title = f"call `{missing.written}` {where}"
        yield Change(title, Safety.UNSAFE, site.file.rewritten(rewrites))
