"""``with torch.no_grad():`` around a region that predicts, or a decorator on the function."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress

import libcst as cst

from flake8_bn_eval.findings import Safety
from flake8_bn_eval.fix.base import Change, repairs
from flake8_bn_eval.fix.bindings import dotted
from flake8_bn_eval.fix.blocks import put_into
from flake8_bn_eval.fix.regions import continued, extended, regions_of, suspends
from flake8_bn_eval.fix.site import File, Site
from flake8_bn_eval.fix.tree import DeclinedError

CONTEXT = "torch.no_grad"
MOST_OTHERS = 3
"""How many more statements than lines of the region a function may have to be decorated."""


@repairs("BNE201")
def propose(site: Site) -> Iterator[Change]:
    """A decorator where the function does nothing else, a block otherwise."""
    file, call = site.file, site.needed(cst.Call)
    subject = file.code(call.func) if dotted(call.func) else ""
    regions = regions_of(file, call, subject)
    function = file.scope(regions[0])
    if isinstance(function, cst.FunctionDef) and _only_predicts(file, function, regions[0]):
        with suppress(DeclinedError):  # the name may mean something else outside the function
            yield _decorating(file, function)
    context = file.imports.spelling(CONTEXT, regions[0])
    block = cst.With([cst.WithItem(cst.Call(context.expression))], cst.IndentedBlock([]))
    for statements in _blocks(file, regions, subject):
        if suspends(statements):
            raise DeclinedError("other code runs in the middle, and would have no gradients")
        changed = context.with_import(file.rewritten(put_into(file, statements, block)))
        safety = Safety.UNSAFE if file.training.trains_after(statements[-1]) else Safety.SAFE
        yield Change(f"put it under `{context.written}()`", safety, changed)


def _blocks(
    file: File, regions: Sequence[cst.BaseStatement], subject: str
) -> Iterator[Sequence[cst.BaseStatement]]:
    """The regions, and where that is not all, with what follows them.

    Up to the last call of the same module, or of anything that trains nothing.
    """
    for region in regions:
        found = [[region]]
        for further in (extended(file, region, subject), continued(file, region)):
            if len(further) > len(found[-1]):
                found.append(further)
        yield from found


def _decorating(file: File, function: cst.FunctionDef) -> Change:
    context = file.imports.spelling(CONTEXT, function)
    decorator = cst.Decorator(cst.Call(context.expression))
    changed = file.rewritten({function: lambda node: _decorated(node, decorator)})
    title = f"decorate `{function.name.value}` with `@{context.written}()`"
    return Change(title, Safety.SAFE, context.with_import(changed))


def _decorated(function: cst.CSTNode, decorator: cst.Decorator) -> cst.FunctionDef:
    """The decorator next to the function: `property` and its like stay outside."""
    definition = cst.ensure_type(function, cst.FunctionDef)
    return definition.with_changes(decorators=[*definition.decorators, decorator])


def _only_predicts(file: File, function: cst.FunctionDef, region: cst.BaseStatement) -> bool:
    """Whether a function is its region and little else, and no caller of it trains."""
    if function.asynchronous is not None or suspends([function.body]):
        return False
    if file.training.trains(function) or file.training.is_called_to_train(function):
        return False
    if not function.params.params or not _is_top_level(file, function):
        return False
    others = [each for each in _without_docstring(function) if each is not region]
    if any(isinstance(each, cst.BaseCompoundStatement) for each in others):
        return False
    return len(others) <= MOST_OTHERS + file.last_line(region) - file.span(region).line


def _is_top_level(file: File, function: cst.FunctionDef) -> bool:
    """Whether a function is one of the file or a method, so that its callers are known by name."""
    return not isinstance(file.scope(function), cst.FunctionDef)


def _without_docstring(function: cst.FunctionDef) -> Sequence[cst.CSTNode]:
    body = list(function.body.body)
    return body[1:] if function.get_docstring() is not None else body
