"""The piece of a program that predicts: from a forward call to the statements around it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import takewhile

import libcst as cst

from flake8_bn_eval.fix.bindings import bound_in, names_in, overlaps
from flake8_bn_eval.fix.blocks import siblings
from flake8_bn_eval.fix.site import File
from flake8_bn_eval.fix.training import calls_in
from flake8_bn_eval.fix.tree import DeclinedError, descendants, index_of

Statement = cst.BaseStatement
Loop = cst.For | cst.While
_BLOCKS = (cst.For, cst.While, cst.With)
_BRANCHES = (cst.If, cst.Try, cst.Match)
_OWN = (cst.FunctionDef, cst.ClassDef, cst.Lambda)


def regions_of(file: File, place: cst.CSTNode, subject: str) -> list[Statement]:
    """The outermost loop or block around a call that trains nothing, and the outermost branch.

    ``subject`` is how the module is written that is called: what binds it is left outside.
    The branch is another region only if it is more, and for findings that are told only once
    for several branches.
    """
    narrow = _outermost(file, place, subject, _BLOCKS)
    wide = _outermost(file, place, subject, (*_BLOCKS, *_BRANCHES))
    return [narrow] if narrow is wide else [narrow, wide]


def _outermost(
    file: File, place: cst.CSTNode, subject: str, kinds: tuple[type[cst.CSTNode], ...]
) -> Statement:
    region = own_statement(file, place)
    names = names_in(subject)
    for around in file.ancestors(region):
        if isinstance(around, _OWN) or file.training.trains(around):
            break
        if not isinstance(around, cst.BaseStatement):
            continue
        if overlaps(names, bound_in(around)):
            break
        if isinstance(around, kinds) and _is_whole(file, around):
            region = around
    return region


def _is_whole(file: File, statement: Statement) -> bool:
    """Whether a statement stands in a block: an ``elif`` is part of its ``if``."""
    return isinstance(file.parents[statement], cst.IndentedBlock | cst.Module)


def named_outside(file: File, place: cst.CSTNode, subject: str) -> Statement:
    """The statement of a call; a `DeclinedError` where the module has its name only within."""
    statement = own_statement(file, place)
    if overlaps(names_in(subject), bound_in(statement)):
        raise DeclinedError(f"`{subject}` is a name only within that statement")
    return statement


def own_statement(file: File, place: cst.CSTNode) -> Statement:
    """The statement in a block that makes a call, if it runs in the same function as the call."""
    for around in file.ancestors(place):
        if isinstance(around, cst.Lambda):
            raise DeclinedError("the call stands in a lambda")
        if isinstance(around, cst.GeneratorExp) and not _is_consumed(file, around):
            raise DeclinedError("the call is made when a generator is asked, which is later")
        if isinstance(around, cst.BaseStatement) and _is_whole(file, around):
            return around
    raise DeclinedError("it stands in no statement")


def extended(file: File, region: Statement, subject: str) -> list[Statement]:
    """The region with the statements after it, up to the last that calls the module again.

    Not beyond one that trains, or that binds the module anew.
    """
    names = names_in(subject)
    following = list(
        takewhile(lambda each: not overlaps(names, bound_in(each)), _untrained(file, region))
    )
    return [region, *_up_to_last(following, lambda each: _mentions(file, each, subject))]


def continued(file: File, region: Statement) -> list[Statement]:
    """The region with the statements after it, up to the last that calls anything.

    Not beyond one that trains.
    """
    following = _untrained(file, region)
    return [region, *_up_to_last(following, lambda each: any(calls_in(each)))]


def _untrained(file: File, region: Statement) -> list[Statement]:
    """The statements after another one in its block, before one that trains or defines."""
    block = siblings(file, region)
    index = index_of(block, region)
    return list(
        takewhile(
            lambda each: not isinstance(each, _OWN) and not file.training.trains(each),
            block[index + 1 :],
        )
    )


def _up_to_last(
    statements: Sequence[Statement], is_wanted: Callable[[Statement], bool]
) -> list[Statement]:
    wanted = [number for number, each in enumerate(statements) if is_wanted(each)]
    return list(statements[: wanted[-1] + 1]) if wanted else []


def loops_around(file: File, place: cst.CSTNode) -> list[Loop]:
    """The loops of the same function around a call, the innermost first."""
    found: list[Loop] = []
    for around in file.ancestors(place):
        if isinstance(around, _OWN):
            break
        if isinstance(around, cst.For | cst.While):
            found.append(around)
    return found


def leaves(region: Sequence[Statement]) -> bool:
    """Whether a region may be left otherwise than at its end, but by an exception."""
    return any(
        isinstance(node, cst.Return | cst.Break | cst.Continue) for node in own_nodes(region)
    )


def suspends(region: Sequence[cst.CSTNode]) -> bool:
    """Whether other code runs in the middle of a region: a generator's user, another task."""
    return any(
        isinstance(node, cst.Yield | cst.Await)
        or isinstance(node, cst.For | cst.With | cst.CompFor)
        and node.asynchronous is not None
        for node in own_nodes(region)
    )


def own_nodes(region: Sequence[cst.CSTNode]) -> list[cst.CSTNode]:
    """All nodes of a region but those of functions and classes that it defines."""
    pending, found = list(region), list[cst.CSTNode]()
    while pending:
        node = pending.pop()
        found.append(node)
        if not isinstance(node, _OWN):
            pending += node.children
    return found


def _mentions(file: File, statement: Statement, subject: str) -> bool:
    """Whether a statement calls a module, or one of its methods."""
    return any(
        isinstance(node, cst.Call)
        and any(
            isinstance(part, cst.Name | cst.Attribute | cst.Subscript)
            and file.code(part) == subject
            for part in descendants(node.func)
        )
        for node in own_nodes([statement])
    )


def _is_consumed(file: File, generator: cst.GeneratorExp) -> bool:
    """Whether a generator is the argument of a call, which is taken to use it up."""
    return isinstance(file.parents[generator], cst.Arg)
