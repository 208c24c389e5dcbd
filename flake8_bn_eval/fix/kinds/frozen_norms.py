"""Norm layers stay frozen: again after each ``train()``, or in an override of it."""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from flake8_bn_eval.findings import Safety
from flake8_bn_eval.fix.base import Change, repairs
from flake8_bn_eval.fix.bindings import bound_in, overlaps, read_in, self_of
from flake8_bn_eval.fix.blocks import put_after, siblings
from flake8_bn_eval.fix.site import Site
from flake8_bn_eval.fix.tree import DeclinedError

OVERRIDE = """\
def train({self}, mode=True):
    super().train(mode)
    return {self}
"""


@repairs("BNE306")
def propose(site: Site) -> Iterator[Change]:
    """What freezes is done once more where the layers are put back, or in the class itself."""
    if site.node(cst.Call) is None and site.node(cst.Expr) is None:
        raise DeclinedError("what hides the method needs another name, in all files")
    freezing = _freezing(site)
    undoing = _undoing(site)
    if undoing is not None:
        yield from _repeated(site, freezing, undoing)
    else:
        yield from _overridden(site, freezing)


def _freezing(site: Site) -> cst.BaseStatement:
    """The outermost loop around the place of the finding, or its statement."""
    place = site.node(cst.Call) or site.needed(cst.Expr)
    freezing = site.file.statement(place)
    for around in site.file.ancestors(freezing):
        if isinstance(around, cst.FunctionDef | cst.ClassDef):
            break
        if isinstance(around, cst.For):
            freezing = around
    return freezing


def _undoing(site: Site) -> cst.BaseStatement | None:
    """The statement ``model.train()`` of which a note tells, last of all."""
    for note in reversed(site.finding.notes):
        call = None if note.path else site.node(cst.Call, span=note.span)
        if call is not None and isinstance(call.func, cst.Attribute):
            if call.func.attr.value == "train":
                return site.file.statement(call)
    return None


def _repeated(
    site: Site, freezing: cst.BaseStatement, undoing: cst.BaseStatement
) -> Iterator[Change]:
    """The freeze behind the ``train()`` that undoes it."""
    siblings(site.file, undoing)
    _check_names(site, freezing, undoing)
    again = _copy(freezing)
    changed = site.file.rewritten(put_after(undoing, again))
    line = site.file.span(undoing).line
    yield Change(f"freeze them again after line {line}", Safety.UNSAFE, changed)


def _check_names(site: Site, moved: cst.BaseStatement, target: cst.BaseStatement) -> None:
    """A `DeclinedError` unless all names that are moved mean the same at the target."""
    here, there = site.file.scope(moved), site.file.scope(target)
    if here is there:
        return
    local = bound_in(here) - bound_in(moved) if isinstance(here, cst.FunctionDef) else frozenset()
    known = bound_in(there) if isinstance(there, cst.FunctionDef) else frozenset()
    missing = sorted(read_in(moved) & (local - known))
    if missing:
        raise DeclinedError(f"`{missing[0]}` is no name where the layers are put back")


def _overridden(site: Site, freezing: cst.BaseStatement) -> Iterator[Change]:
    """An override of ``train`` behind the method that freezes."""
    method = site.file.scope(freezing)
    class_ = site.file.scope(method)
    if not isinstance(method, cst.FunctionDef) or not isinstance(class_, cst.ClassDef):
        raise DeclinedError("nothing in sight puts the layers back")
    if not class_.bases or any(_is_train(each) for each in class_.body.body):
        raise DeclinedError("the class is no module, or has a `train()` of its own")
    own = {name for name in bound_in(method) - bound_in(freezing) if "." not in name}
    module = self_of(method)
    if overlaps(read_in(freezing), own - {module}):
        raise DeclinedError("what freezes needs names of its function")
    changed = site.file.rewritten({method: lambda node: _followed(node, freezing, module)})
    yield Change("freeze them in an override of `train(mode)`", Safety.UNSAFE, changed)


def _copy(statement: cst.BaseStatement) -> cst.BaseStatement:
    """A statement without the comments above it and, of a line, behind it."""
    copied = statement.deep_clone().with_changes(leading_lines=())
    if isinstance(copied, cst.SimpleStatementLine):
        return copied.with_changes(trailing_whitespace=cst.TrailingWhitespace())
    return copied


def _is_train(statement: cst.CSTNode) -> bool:
    return isinstance(statement, cst.FunctionDef) and statement.name.value == "train"


def _followed(
    method: cst.CSTNode, freezing: cst.BaseStatement, module: str
) -> cst.FlattenSentinel[cst.CSTNode]:
    parsed = cst.parse_statement(OVERRIDE.format(self=module))
    override = cst.ensure_type(parsed, cst.FunctionDef)
    first, last = override.body.body
    again = _copy(freezing)
    body = override.body.with_changes(body=[first, again, last])
    blank = cst.EmptyLine(indent=False)
    return cst.FlattenSentinel([method, override.with_changes(body=body, leading_lines=[blank])])
