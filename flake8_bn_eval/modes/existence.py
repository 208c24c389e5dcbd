"""Objects that are there on some paths only: what decides it is kept with them.

Where a literal of `Object.exists` does not hold, there is no such object: another path has made it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from flake8_bn_eval.modes.guards import MOST_LITERALS, Guard
from flake8_bn_eval.modes.objects import Object
from flake8_bn_eval.modes.things import ObjectId

if TYPE_CHECKING:
    from flake8_bn_eval.modes.world import World


def existing_in(world: World) -> Callable[[ObjectId, Object], Object | None]:
    """What tells of an object as far as it exists in a world, which keeps it as it is given."""
    watching, is_possible = world.watching, world.assumptions.is_possible
    guarded, narrowed = world.objects.guarded, world.assumptions.narrowed

    def existing(identity: ObjectId, state: Object) -> Object | None:
        if state.exists:
            if watching is not None:
                watching.objects.add(identity)
                watching.guards.add(state.exists)
            if not is_possible(state.exists):
                return None
        return narrowed(state, noting=False) if identity in guarded else state

    return existing


def on_one_path(state: Object, guard: Guard, joined: World) -> Object:
    """An object that only one path has made, unless it was there before anybody saw it."""
    if state.origin is not None or guard <= state.exists or len(state.exists) >= MOST_LITERALS:
        return state
    joined.existing |= {question[0] for question, _ in guard}
    return state.where(state.exists | guard)


def suppose_there(objects: frozenset[ObjectId], world: World) -> None:
    """Go on where an object exists, if it is just one."""
    for identity in objects if len(objects) == 1 else ():
        state = world.objects.peek(identity)
        if state is not None:
            world.suppose_all(state.exists)


def forget(subjects: frozenset[str], world: World) -> None:
    """What some subjects say of the existence of objects is forgotten: they may exist anyway."""
    if not subjects:
        return
    world.existing -= subjects
    less: dict[Guard, Guard] = {}
    fewer: list[tuple[ObjectId, Object]] = []
    for identity, state in world.objects.items():
        if state.exists:
            left = less.get(state.exists)
            if left is None:
                left = frozenset(each for each in state.exists if each[0][0] not in subjects)
                less[state.exists] = left
            if left != state.exists:
                fewer.append((identity, state.where(left)))
    for identity, state in fewer:
        world.put(identity, state)
