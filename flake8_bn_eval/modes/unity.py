"""Several objects of which just one exists, as far as anybody can tell.

After ``net = A()`` in one branch and ``net = B()`` in the other, `net` may be two objects.
Where nothing in the world holds one of them without the other, no operation can reach one
and not the other: they are one object, made here or there, and what is done to it is done.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace

from flake8_bn_eval.modes.ageing import add_unseen_children, moved, rename
from flake8_bn_eval.modes.holding import led_to
from flake8_bn_eval.modes.joins import join_objects
from flake8_bn_eval.modes.objects import Object
from flake8_bn_eval.modes.things import UNNUMBERED, ObjectId
from flake8_bn_eval.modes.values import Value
from flake8_bn_eval.modes.world import World


def unite(members: frozenset[ObjectId], world: World) -> ObjectId | None:
    """Make one object of several, if nothing tells them apart; the number that it has then."""
    if not _are_of_one_kind([world.get(each) for each in members]):
        return None
    if _differ(members, world, lambda value: value.held):
        return None
    one = world.identities.one_of(members)
    names = {each: one for each in members if each != one}
    for each in sorted(names):
        add_unseen_children(each, names, world)
    rename(names, world)
    for old, new in names.items():
        state = moved(world.get(old), names)
        del world.objects[old]
        known = world.objects.get(new)
        world.put(new, state if known is None else _either(known, state))
    return one


def are_told_apart(
    members: frozenset[ObjectId],
    world: World,
    leading: Mapping[ObjectId, Sequence[Value]] | None = None,
) -> bool:
    """Whether somebody may come to one of these objects and not to the others.

    If not, only the one that exists can be reached, and what sets all of them sets that one.
    An optimizer has the parameters of one, and leads to none.  ``leading`` is what `holders`
    says, for somebody who asks often.
    """
    if leading is None:
        return _differ(members, world, lambda value: frozenset(led_to(value, world)))
    ways = (frozenset(map(id, leading.get(each, ()))) for each in members)
    return _are_two(members, world) or len(set(ways)) > 1


def _differ(
    members: frozenset[ObjectId], world: World, reached: Callable[[Value], frozenset[ObjectId]]
) -> bool:
    """Whether some of these objects are known to be two, or a value has one without the others."""
    if _are_two(members, world):
        return True
    return any(_tells_apart(reached(value), members) for _, value in holding(members, world))


def _are_two(members: frozenset[ObjectId], world: World) -> bool:
    return any(pair <= members for pair in world.apart)


def _are_of_one_kind(states: list[Object]) -> bool:
    first = states[0]
    return not any(
        each.class_ is not first.class_
        or each.registers is not first.registers
        or (each.kind is not first.kind and not (each.may_be_module and first.may_be_module))
        or each.many
        for each in states
    )


def holding(
    members: frozenset[ObjectId], world: World
) -> Iterator[tuple[ObjectId | None, Value]]:
    """The values that hold one of these objects, and perhaps some more, each with its owner.

    Names have none.
    """
    sought = members | {UNNUMBERED}
    for value in world.names.values():
        if not value.held.isdisjoint(sought):
            yield None, value
    for owner, state in world.objects.items():
        if not state.held.isdisjoint(members):
            for value in state.contents:
                yield owner, value


def holders(world: World) -> dict[ObjectId, list[Value]]:
    """The values that lead to each object."""
    found: dict[ObjectId, list[Value]] = {}
    everything = [world.names.values(), *(each.contents for each in world.objects.values())]
    for values in everything:
        for value in values:
            for identity in led_to(value, world):
                found.setdefault(identity, []).append(value)
    return found


def _tells_apart(held: frozenset[ObjectId], members: frozenset[ObjectId]) -> bool:
    return not held.isdisjoint(members) and not members <= held


def _either(first: Object, second: Object) -> Object:
    return replace(
        join_objects(first, second),
        library=first.library if first.library == second.library else None,
        sensitive=first.sensitive.worse(second.sensitive),
    )
