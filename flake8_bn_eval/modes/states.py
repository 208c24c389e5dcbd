"""States: a few worlds under different assumptions.

Worlds that agree on everything that decides a finding are joined and their assumptions
dropped; so a flag costs something only while it makes a difference.
"""

from __future__ import annotations

from flake8_bn_eval.modes.joins import same_flags
from flake8_bn_eval.modes.things import External, Function, GradientContext
from flake8_bn_eval.modes.values import Value, of_constant
from flake8_bn_eval.modes.world import World

State = tuple[World, ...]

MOST_WORLDS = 4
FLAGS = {of_constant(True), of_constant(False)}
LEAVING = "<leaving>"
"""Subject of the assumption by which a context manager keeps its body's exits apart."""


def merge(worlds: list[World]) -> State:
    """The fewest worlds that keep what flags correlate; consumes them."""
    if len(worlds) <= 1:
        return tuple(worlds)
    kept: list[World] = []
    for world in worlds:
        for index, other in enumerate(kept):
            if other is world:
                break
            if alike(other, world) or _told_apart_by_nothing(other, world):
                kept[index] = other.join(world)
                break
        else:
            kept.append(world)
    if len(kept) < len(worlds) and len(kept) > 1:
        return merge(kept)
    while len(kept) > MOST_WORLDS:
        kept[-2:] = [kept[-2].join(kept[-1])]
    return tuple(kept)


def _told_apart_by_nothing(first: World, second: World) -> bool:
    agree = first.assumptions.truths == second.assumptions.truths
    return agree and not _flags_differ(first, second)


def _flags_differ(first: World, second: World) -> bool:
    """Whether a name holds True in one and False in the other: a test can tell them apart."""
    for variable in first.names.differing(second.names):
        mine, theirs = first.names.get(variable), second.names.get(variable)
        if mine is theirs or mine is None or theirs is None:
            continue
        if mine.things != theirs.things and mine in FLAGS and theirs in FLAGS:
            return True
    return False


def join_all(worlds: list[World] | State) -> World:
    """One world that covers all; consumes them."""
    joined = worlds[0]
    for world in worlds[1:]:
        if world is not joined:
            joined = joined.join(world)
    return joined


def alike(first: World, second: World) -> bool:
    """Whether two worlds under different assumptions differ in nothing that matters."""
    if first.gradients != second.gradients:
        return False
    if first.assumptions.truths != second.assumptions.truths and (
        _leaving(first) != _leaving(second)
    ):
        return False
    return (first.version == second.version or _objects_alike(first, second)) and _names_alike(
        first, second
    )


def _objects_alike(first: World, second: World) -> bool:
    for identity in first.objects.differing(second.objects):
        mine, theirs = first.objects.get(identity), second.objects.get(identity)
        if mine is None or mine is theirs:
            continue
        if theirs is None:
            if mine.matters and mine.origin is None:
                return False
        elif not same_flags(mine, theirs):
            return False
    return True


def _names_alike(first: World, second: World) -> bool:
    for variable in first.names.differing(second.names):
        mine, theirs = first.names.get(variable), second.names.get(variable)
        if mine is None or theirs is None or mine is theirs:
            continue
        if mine.objects != theirs.objects and (
            _holds_module(mine, first) or _holds_module(theirs, second)
        ):
            return False
        if mine.things != theirs.things and any(
            isinstance(thing, GradientContext | Function | External)
            for thing in mine.things | theirs.things
        ):
            return False
    return True


def _holds_module(value: Value, world: World) -> bool:
    """Whether it is worth knowing which object this is."""
    return any(world.objects[each].matters for each in value.objects if each in world.objects)


def _leaving(world: World) -> set[object]:
    return {question for question in world.assumptions.truths if question[0].startswith(LEAVING)}


def stable(before: State, after: State) -> bool:
    """Whether every world of ``after`` is covered by one of ``before``."""
    return all(any(old is new or old.covers(new) for old in before) for new in after)
