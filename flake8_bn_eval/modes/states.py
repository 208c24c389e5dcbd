"""States: one world, or one for each way out that a context manager has to keep apart."""

from __future__ import annotations

from flake8_bn_eval.modes.values import of_constant
from flake8_bn_eval.modes.world import World

State = tuple[World, ...]

FLAGS = {of_constant(True), of_constant(False)}
LEAVING = "<leaving>"
"""Subject of the assumption by which a context manager keeps its body's exits apart."""


def merge(worlds: list[World]) -> State:
    """One world for each way out that covers those that take it; consumes them."""
    if len(worlds) <= 1:
        return tuple(worlds)
    kept: dict[object, World] = {}
    for world in worlds:
        way = _leaving(world)
        known = kept.get(way)
        kept[way] = world if known is None or known is world else known.join(world)
    return tuple(kept.values())


def join_all(worlds: list[World] | State) -> World:
    """One world that covers all; consumes them."""
    joined = worlds[0]
    for world in worlds[1:]:
        if world is not joined:
            joined = joined.join(world)
    return joined


def _leaving(world: World) -> object:
    return next((each[1] for each in world.assumptions.truths if each[0] == LEAVING), None)


def turns_flag(before: World, after: World) -> bool:
    """Whether a name holds True in one and False in the other."""
    for variable in before.names.differing(after.names):
        mine, theirs = before.names.get(variable), after.names.get(variable)
        if mine is not theirs and mine in FLAGS and theirs in FLAGS and mine != theirs:
            return True
    return False


def stable(before: State, after: State) -> bool:
    """Whether every world of ``after`` is covered by one of ``before``."""
    return all(any(old is new or old.covers(new) for old in before) for new in after)
