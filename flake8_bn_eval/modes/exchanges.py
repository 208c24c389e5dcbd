"""Objects that changed places: a name holds one of them here and the other one there."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from flake8_bn_eval.modes.things import ObjectId
from flake8_bn_eval.operations import Variable

if TYPE_CHECKING:
    from flake8_bn_eval.modes.world import World


def exchanged(
    first: World, second: World, differing: Iterable[Variable]
) -> frozenset[frozenset[ObjectId]]:
    """Pairs of objects of which a name holds one here and the other there: both are there.

    With those that are known to be two already.
    """
    pairs = {*first.apart, *second.apart}
    for variable in differing:
        mine, theirs = first.names.peek(variable), second.names.peek(variable)
        if mine is None or theirs is None or mine.objects == theirs.objects:
            continue
        for each in mine.objects - theirs.objects:
            for another in theirs.objects - mine.objects:
                pair = frozenset({each, another})
                if pair not in pairs and (_holds(first, another) or _holds(second, each)):
                    pairs.add(pair)
    return frozenset(pairs)


def _holds(world: World, identity: ObjectId) -> bool:
    """Whether a module is there, and anything leads to it."""
    state = world.objects.peek(identity)
    if state is None or not state.is_module:
        return False
    return any(identity in value.held for value in world.names.values()) or any(
        identity in each.held for each in world.objects.values()
    )
