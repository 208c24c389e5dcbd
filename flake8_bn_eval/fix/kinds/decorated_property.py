"""``@torch.no_grad()`` above ``@property`` goes below it."""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from flake8_bn_eval.findings import Safety
from flake8_bn_eval.fix.base import Change, repairs
from flake8_bn_eval.fix.site import Site

PROPERTIES = ("property", "cached_property")


@repairs("BNE202")
def propose(site: Site) -> Iterator[Change]:
    """The property becomes the outermost decorator; who calls it as a method has to change."""
    function = site.node(cst.FunctionDef)
    decorators = [] if function is None else list(function.decorators)
    places = [
        n
        for n, each in enumerate(decorators)
        if site.file.code(each.decorator).endswith(PROPERTIES)
    ]
    if function is None or not places or places[0] == 0:
        return
    property_ = decorators.pop(places[0])
    ordered = [property_, *decorators]
    lines = [each.leading_lines for each in function.decorators]
    moved = [
        each.with_changes(leading_lines=above) for each, above in zip(ordered, lines, strict=True)
    ]
    changed = site.file.rewritten({function: lambda node: node.with_changes(decorators=moved)})
    written = site.file.code(property_.decorator)
    yield Change(f"put `@{written}` above the other decorators", Safety.UNSAFE, changed)
