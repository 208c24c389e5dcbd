"""Joining two worlds where two paths meet: what differs between them is kept under guards."""

from __future__ import annotations

from collections.abc import Set
from operator import itemgetter
from typing import TYPE_CHECKING, cast

from flake8_bn_eval.modes.exchanges import exchanged
from flake8_bn_eval.modes.existence import existing_in, on_one_path
from flake8_bn_eval.modes.guards import Guard
from flake8_bn_eval.modes.joins import Merge, covers_anyway, doubting, join_objects, merging
from flake8_bn_eval.modes.objects import Origin
from flake8_bn_eval.modes.things import ObjectId
from flake8_bn_eval.operations import Variable

if TYPE_CHECKING:
    from flake8_bn_eval.modes.world import World


def join(
    first: World, second: World, known: World | None = None, *, raised: bool = False
) -> World:
    """One world that covers both; consumes both.

    If the first one covers a known world already, from which the second one comes, only what is
    different since then is joined.  ``raised`` tells that both are left by an exception.
    """
    objects = set(second.objects.differing((known or first).objects))
    if first.version != second.version:
        objects |= _materialise(first, second, objects)
        objects |= _materialise(second, first, objects)
    here = first.assumptions.apart(second.assumptions)
    there = second.assumptions.apart(first.assumptions)
    joined = first.forked(first.assumptions.join(second.assumptions))
    if known is None and len(second.objects) > len(first.objects):
        # What only the second path has made is there already, and need not be looked at.
        joined.objects = second.objects.fork(joined.assumptions)
    variables = second.names.differing((known or first).names)
    joined.apart = exchanged(first, second, variables)
    if first.gradients is not second.gradients:
        joined.gradients = first.gradients.merged(here, second.gradients, there)
    joined.edits = 0
    _join_names(joined, first, second, variables, here, there)
    joined.existing = first.existing | second.existing
    merge = doubting if raised and not here else merging(here, there)
    _join_objects(joined, first, second, objects, here, there, merge)
    joined.assumptions.inherit(first.assumptions, second.assumptions)
    joined.subjects = first.subjects | second.subjects
    if joined.guarded:
        joined.watch(here, there)
    joined.identities.effort += 1 + (len(variables) + len(objects)) // 16
    if first.version != second.version:
        joined.changed()
    return joined


def gather(gathered: World, last: World, other: World) -> World:
    """One world that covers a gathered one, which covers the last one, and another.

    Consumes the gathered one.  Only what is different since the last one is looked at, unless
    that was on another path.
    """
    answers, before = other.assumptions.truths, last.assumptions.truths
    comes_from_last = before.items() <= answers.items()
    return join(gathered, other.fork(), last if comes_from_last else None, raised=True)


def _join_names(
    joined: World,
    first: World,
    second: World,
    variables: Set[Variable],
    here: Guard,
    there: Guard,
) -> None:
    """A name that only one side has assigned can be read only where that side came from."""
    names, others = first.names, second.names
    for variable in variables:
        kept = names.peek(variable)
        if kept is others.peek(variable):
            continue
        mine, theirs = names.left(variable), others.left(variable)
        if theirs is not None:
            value = theirs if mine is None else mine.merged(here, theirs, there)
            if value is not kept:
                joined.names[variable] = value


def _join_objects(
    joined: World,
    first: World,
    second: World,
    identities: Set[ObjectId],
    here: Guard,
    there: Guard,
    merge: Merge,
) -> None:
    """An object that exists on one of the paths only is what it is there."""
    peek_first, peek_second = first.objects.peek, second.objects.peek
    in_first, in_second = existing_in(first), existing_in(second)
    for identity in identities:
        kept, other = peek_first(identity), peek_second(identity)
        if kept is other:
            continue
        state = kept
        known = not here and kept is not None and kept.covers is other
        mine = None if kept is None or known else in_first(identity, kept)
        theirs = None if other is None or known else in_second(identity, other)
        if mine is not None and theirs is not None:
            state = join_objects(mine, theirs, here, there, merge)
            if state is kept and other is not None and not here and covers_anyway(kept, other):
                object.__setattr__(kept, "covers", other)
        elif mine is not None:
            state = on_one_path(mine, here, joined)
        elif theirs is not None:
            state = on_one_path(theirs, there, joined)
        if state is None:
            joined.objects.remove(identity)
        elif state is not joined.objects.peek(identity):
            joined.objects[identity] = state


def _materialise(world: World, other: World, differing: Set[ObjectId]) -> Set[ObjectId]:
    """Look at every child that the other world has looked at; what is different then."""
    written = world.objects.changed
    before = len(written)
    looked_at: list[tuple[ObjectId, Origin]] = []
    for identity in differing:
        theirs = other.objects.peek(identity)
        if theirs is not None and theirs.origin is not None:
            looked_at.append((identity, theirs.origin))
    for identity, origin in sorted(looked_at, key=itemgetter(0)):
        if identity not in world.objects:
            _look_at(world, origin, other)
    return cast("Set[ObjectId]", written) if len(written) > before else frozenset()


def _look_at(world: World, origin: Origin, other: World) -> None:
    if origin.parent not in world.objects:
        above = other.objects.peek(origin.parent)
        if above is None or above.origin is None:
            return
        _look_at(world, above.origin, other)
    if origin.parent in world.objects:
        world.child(origin.parent, origin.key)
