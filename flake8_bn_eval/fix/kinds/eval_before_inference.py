"""``model.eval()`` before a region that predicts, and the mode put back where training follows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import libcst as cst

from flake8_bn_eval.findings import Safety
from flake8_bn_eval.fix.advice import ModeCall, advised_call
from flake8_bn_eval.fix.base import Change, repairs
from flake8_bn_eval.fix.bindings import bound_in, dotted, names_in, overlaps
from flake8_bn_eval.fix.blocks import Rewrites, lines, put_around, put_before, put_into
from flake8_bn_eval.fix.regions import (
    extended,
    leaves,
    named_outside,
    own_nodes,
    regions_of,
    suspends,
)
from flake8_bn_eval.fix.site import Site
from flake8_bn_eval.fix.tree import DeclinedError, descendants

SAVED = "was_training"
Region = Sequence[cst.BaseStatement]


@repairs("BNE101", "BNE102", "BNE104", "BNE105")
def propose(site: Site) -> Iterator[Change]:
    """The mode is set before the outermost loop that predicts and trains nothing."""
    call = site.needed(cst.Call)
    if site.finding.code == "BNE104":
        yield from _at_exported(site, call)
        return
    missing = advised_call(site.finding)
    if missing.subject not in site.file.code(call):
        raise DeclinedError(f"the call does not name `{missing.subject}`")
    yield from _before(site, call, missing)


def _at_exported(site: Site, call: cst.Call) -> Iterator[Change]:
    """What is exported is the first argument; one that is made there is made ready there."""
    exported = next((arg for arg in call.args if not arg.star), None)
    if exported is None:
        return
    if isinstance(exported.value, cst.Name | cst.Attribute):
        yield from _before(site, call, ModeCall(site.file.code(exported.value), "eval"))
    elif isinstance(exported.value, cst.Call):
        rewrites: Rewrites = {exported.value: _in_evaluation}
        yield Change("call `eval()` on it", Safety.UNSAFE, site.file.rewritten(rewrites))


def _in_evaluation(module: cst.CSTNode) -> cst.Call:
    return cst.Call(cst.Attribute(cst.ensure_type(module, cst.Call), cst.Name("eval")))


def _before(site: Site, call: cst.Call, missing: ModeCall) -> Iterator[Change]:
    named_outside(site.file, call, missing.subject)
    for first in regions_of(site.file, call, missing.subject):
        yield _before_region(site, first, missing)


def _before_region(site: Site, first: cst.BaseStatement, missing: ModeCall) -> Change:
    region = extended(site.file, first, missing.subject)
    title = f"call `{missing.written}` before"
    if not _is_put_back(site, region, missing.subject):
        rewrites = put_before(first, *lines(missing.written))
        return Change(title, Safety.UNSAFE, site.file.rewritten(rewrites))
    if missing.method != "eval":
        raise DeclinedError(f"training may follow, and nothing undoes `{missing.method}()`")
    if suspends(region):
        raise DeclinedError("training may follow, and other code runs in the middle of the region")
    if any(overlaps(names_in(missing.subject), bound_in(each)) for each in region):
        raise DeclinedError(f"`{missing.subject}` is another module after the region")
    title = f"{title} and put the mode back after"
    return Change(title, Safety.UNSAFE, site.file.rewritten(_put_back(site, region, missing)))


def _put_back(site: Site, region: Region, missing: ModeCall) -> Rewrites:
    saved = _free_name(site, region[0])
    before = lines(f"{saved} = {missing.subject}.training", missing.written)
    after = lines(f"{missing.subject}.train({saved})")
    if not leaves(region):
        return put_around(region, before, after)
    block = cst.Try(
        body=cst.IndentedBlock([]), finalbody=cst.Finally(body=cst.IndentedBlock(after))
    )
    return put_into(site.file, region, block, *before)


def _is_put_back(site: Site, region: Region, subject: str) -> bool:
    """Whether training follows, or may follow where others hold the module as well."""
    training, function = site.file.training, site.file.scope(region[-1])
    if training.trains_after(region[-1]):
        return True
    if not isinstance(function, cst.FunctionDef) or _is_made_in(function, subject):
        return False
    return training.is_called_to_train(function) or not training.is_called(function)


def _is_made_in(function: cst.FunctionDef, name: str) -> bool:
    """Whether a function gets a module from a call, and does not return it."""
    nodes = own_nodes([function.body])
    assigned = [node for node in nodes if isinstance(node, cst.Assign)]
    values = [
        each.value for each in assigned if any(dotted(t.target) == name for t in each.targets)
    ]
    returned = [node for node in nodes if isinstance(node, cst.Return | cst.Yield)]
    names = (dotted(part) for each in returned for part in descendants(each))
    return bool(values) and isinstance(values[0], cst.Call) and name not in names


def _free_name(site: Site, place: cst.CSTNode) -> str:
    """A name for the mode that nothing around it has."""
    around = descendants(site.file.scope(place))
    taken = {node.value for node in around if isinstance(node, cst.Name)}
    names = (f"{SAVED}_{number}" for number in range(2, len(taken) + 3))
    return next(name for name in (SAVED, *names) if name not in taken)
