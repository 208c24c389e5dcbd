"""States: one world, or one for each way out that a context manager has to keep apart."""

from __future__ import annotations

from itertools import combinations

from flake8_bn_eval.modes.joins import same_modes
from flake8_bn_eval.modes.objects import Object
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


def join_nearest(worlds: list[World]) -> World:
    """One world that covers all; consumes them, those first that fewest answers tell apart.

    So what differs keeps its guards: ``a``, ``not a and b`` and ``not a and not b`` are told apart
    by `b`, then by `a`.  In another order the first two would have nothing in common.  Of pairs
    that are equally near those come first that have most in common: where the last ``else`` of a
    chain raises, each of its ends is as near to the one before as to the one behind.
    """
    left = list(worlds)
    while len(left) > 2:
        first, second = min(combinations(left, 2), key=_distance)
        left = [each for each in left if each is not first and each is not second]
        left.append(first.join(second))
    return join_all(left)


def _distance(pair: tuple[World, World]) -> tuple[int, int]:
    """How many answers tell two worlds apart, and less the more they share."""
    first, second = (world.assumptions.truths.items() for world in pair)
    return len(first ^ second), -len(first & second)


def _leaving(world: World) -> object:
    return next((each[1] for each in world.assumptions.truths if each[0] == LEAVING), None)


def leave_alike(worlds: State) -> bool:
    """Whether all are on one way out, so that they may become one world."""
    return len({_leaving(each) for each in worlds}) <= 1


def turns_flag(before: World, after: World) -> bool:
    """Whether a name holds True in one and False in the other."""
    for variable in before.names.differing(after.names):
        mine, theirs = before.names.get(variable), after.names.get(variable)
        if mine is not theirs and mine in FLAGS and theirs in FLAGS and mine != theirs:
            return True
    return False


def stable(before: State, after: State) -> bool:
    """Whether every world of ``after`` is covered by one of ``before``."""
    return all(any(old is new or covers(old, new) for old in before) for new in after)


def covers(first: World, second: World) -> bool:
    """Whether nothing that decides a finding is new in the second world."""
    if first.gradients != second.gradients:
        return False
    if not first.assumptions.truths.items() <= second.assumptions.truths.items():
        return False
    if not second.apart <= first.apart:
        return False
    return _covers_objects(first, second) and _covers_names(first, second)


def _covers_objects(first: World, second: World) -> bool:
    if first.version == second.version:
        return True
    for identity in first.objects.differing(second.objects):
        mine, theirs = first.objects.peek(identity), second.objects.peek(identity)
        if theirs is None or mine is theirs:
            continue
        if mine is None:
            if theirs.matters and theirs.origin is None:
                return False
        elif not _covers_object(mine, theirs, second):
            return False
    return True


def _covers_object(mine: Object, theirs: Object, world: World) -> bool:
    """Whether nothing is new in the second state of an object, which is that of a world."""
    same = mine.exists <= theirs.exists and same_modes(mine, theirs)
    return same and _covers_contents(mine, theirs, world)


def _covers_contents(mine: Object, theirs: Object, world: World) -> bool:
    """Whether an object of a world holds no object that it does not hold in the other state.

    What was only looked at since then has been there all the time.
    """
    if mine.fields is theirs.fields and mine.rest is theirs.rest:
        return True
    news = theirs.held - mine.held
    states = map(world.objects.peek, news)
    return all(state is not None and state.origin is not None for state in states)


def _covers_names(first: World, second: World) -> bool:
    for variable in first.names.differing(second.names):
        mine, theirs = first.names.peek(variable), second.names.peek(variable)
        if mine is not None and theirs is not None and not mine.covers(theirs):
            return False
    return True
