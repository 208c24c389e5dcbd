"""The momentum of a batch norm becomes its complement, the weight of the new batch."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal, InvalidOperation

import libcst as cst

from flake8_bn_eval.findings import Safety
from flake8_bn_eval.fix.advice import advised_number
from flake8_bn_eval.fix.base import Change, repairs
from flake8_bn_eval.fix.expressions import (
    argument_at,
    enclosed,
    replaced,
    with_argument,
    without_argument,
)
from flake8_bn_eval.fix.site import Site
from flake8_bn_eval.fix.training import called_name
from flake8_bn_eval.fix.tree import DeclinedError, descendants

MOMENTUM = "momentum"


@repairs("BNE405", is_local=True)
def propose(site: Site) -> Iterator[Change]:
    """At the layer if it says the number or names it, otherwise where the number comes from."""
    number = advised_number(site.finding)
    if number is None:
        yield from _misplaced(site)
        return
    value = _value(site)
    if value is not None and not _is_parameter(site, value):
        new = _complement(value, number)
        changed = site.file.rewritten(replaced(value, new))
        yield Change(f"write {site.file.code(new)}", Safety.UNSAFE, changed)
    else:
        yield from _at_origin(site, number)


def _misplaced(site: Site) -> Iterator[Change]:
    """The number stands in the place of epsilon."""
    call = site.needed(cst.Call)
    position = 0 if called_name(call).startswith("Lazy") else 1
    eps = argument_at(call, "eps", position)
    if eps is None or eps is not call.args[-1] or eps.keyword or _number(eps.value) is None:
        raise DeclinedError("which of the arguments is the momentum is not certain")
    new = cst.Float(_written(1 - Decimal(site.file.code(eps.value))))
    moved = with_argument(call, MOMENTUM, new)
    kept = next(each for each in moved.args if each.value is eps.value)
    changed = site.file.rewritten({call: lambda _: without_argument(moved, kept)})
    yield Change(f"pass `{MOMENTUM}={new.value}`", Safety.UNSAFE, changed)


def _value(site: Site) -> cst.BaseExpression | None:
    """What the layer is given: the argument, or what is assigned."""
    assigned = site.node(cst.Assign)
    if assigned is not None and site.node(cst.Call) is None:
        return assigned.value
    call = site.needed(cst.Call)
    try:
        argument = argument_at(call, MOMENTUM, 1 if called_name(call).startswith("Lazy") else 2)
    except DeclinedError:
        return None
    return None if argument is None else argument.value


def _is_parameter(site: Site, value: cst.BaseExpression) -> bool:
    """Whether a value is a parameter of a function, whose other callers may pass other numbers."""
    names = {node.value for node in descendants(value) if isinstance(node, cst.Name)}
    functions = (each for each in site.file.ancestors(value) if isinstance(each, cst.FunctionDef))
    parameters = {
        node.name.value
        for function in functions
        for node in descendants(function.params)
        if isinstance(node, cst.Param)
    }
    return not names.isdisjoint(parameters)


def _complement(value: cst.BaseExpression, number: str) -> cst.BaseExpression:
    if not any(isinstance(node, cst.Name) for node in descendants(value)):
        return cst.parse_expression(number)
    return cst.BinaryOperation(cst.Integer("1"), cst.Subtract(), enclosed(value))


def _at_origin(site: Site, number: str) -> Iterator[Change]:
    """The one number that a note points to."""
    old = 1 - Decimal(number)
    for note in site.finding.notes:
        nodes = () if note.path else site.file.nodes_by_span.get(note.span, ())
        literals = [node for node in descendants(nodes[0]) if _number(node) == old] if nodes else []
        if len(literals) == 1:
            changed = site.file.rewritten(replaced(literals[0], cst.parse_expression(number)))
            title = f"write {number} on line {note.span.line}"
            yield Change(title, Safety.UNSAFE, changed)
            return
    raise DeclinedError("where the number comes from is not in sight")


def _number(node: cst.CSTNode) -> Decimal | None:
    if not isinstance(node, cst.Float | cst.Integer):
        return None
    try:
        return Decimal(node.value)
    except InvalidOperation:
        return None


def _written(number: Decimal) -> str:
    return format(number.normalize(), "f")
