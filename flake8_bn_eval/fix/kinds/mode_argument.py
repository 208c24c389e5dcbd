"""``training=self.training`` in a functional dropout or norm."""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from flake8_bn_eval.findings import Safety
from flake8_bn_eval.fix.advice import advised_argument
from flake8_bn_eval.fix.base import Change, repairs
from flake8_bn_eval.fix.bindings import self_of
from flake8_bn_eval.fix.expressions import argument_at, enclosed, with_argument
from flake8_bn_eval.fix.site import Site
from flake8_bn_eval.fix.training import called_name
from flake8_bn_eval.fix.tree import DeclinedError

POSITIONS = {"training": 2, "dropout_p": 4}
"""Where the functions of ``torch.nn.functional`` take the argument, from 0."""
OF_NORM = 5
"""Where ``batch_norm`` takes ``training``."""


@repairs("BNE401", "BNE402", is_local=True)
def propose(site: Site) -> Iterator[Change]:
    """The mode is passed; safe for dropout, unless somebody has written that it is on."""
    call = site.needed(cst.Call)
    name = advised_argument(site.finding)
    mode = f"{_self(site, call)}.training"
    position = OF_NORM if called_name(call) == "batch_norm" else POSITIONS.get(name)
    present = argument_at(call, name, position)
    value = _value(name, mode, present)
    title = f"pass `{name}={site.file.code(value)}`"
    changed = site.file.rewritten({call: lambda node: _passing(node, call, name, value, present)})
    written = name == "training" and present is not None
    is_safe = site.finding.code == "BNE401" and not written
    yield Change(title, Safety.SAFE if is_safe else Safety.UNSAFE, changed)


def _value(name: str, mode: str, present: cst.Arg | None) -> cst.BaseExpression:
    """What is passed: the mode itself, or the probability under that condition."""
    condition = cst.parse_expression(mode)
    if name == "training":
        return condition
    if present is None:
        raise DeclinedError(f"`{name}` is not passed")
    return cst.IfExp(condition, enclosed(present.value), cst.Float("0.0"))


def _passing(
    node: cst.CSTNode,
    original: cst.Call,
    name: str,
    value: cst.BaseExpression,
    present: cst.Arg | None,
) -> cst.Call:
    call = cst.ensure_type(node, cst.Call)
    if present is None:
        return with_argument(call, name, value)
    position = next(n for n, argument in enumerate(original.args) if argument is present)
    arguments = list(call.args)
    arguments[position] = arguments[position].with_changes(value=value)
    return call.with_changes(args=arguments)


def _self(site: Site, call: cst.Call) -> str:
    """The name of the module in whose method a call stands."""
    method: cst.FunctionDef | None = None
    for around in site.file.ancestors(call):
        if isinstance(around, cst.FunctionDef):
            method = around
        if isinstance(around, cst.ClassDef) and method is not None:
            break
    else:
        raise DeclinedError("it stands in no method of a module, whose mode could be passed")
    if not around.bases:
        raise DeclinedError("it stands in no method of a module, whose mode could be passed")
    return self_of(method)
