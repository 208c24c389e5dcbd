"""Who holds an object: what nobody holds any more is of no concern to a world.

Parameters do not count: nobody comes from them to the module that they belong to.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from flake8_bn_eval.modes.objects import Object
from flake8_bn_eval.modes.things import (
    UNNUMBERED,
    Function,
    Mapped,
    Method,
    ObjectId,
    Partial,
    Pending,
    Result,
    SavedMode,
    Submodules,
    Super,
    Thing,
)
from flake8_bn_eval.modes.values import NONE, Value

if TYPE_CHECKING:
    from flake8_bn_eval.modes.world import World


def drop_unheld(identities: Iterable[ObjectId], world: World, *kept: Value) -> None:
    """Forget those of some objects, and of all below them, that nothing else leads to.

    What leads to values that are kept besides stays.
    """
    wanted = _below([each for each in identities if each in world.objects], world)
    dropped = wanted - _held(world, wanted, kept)
    for identity in dropped:
        del world.objects[identity]
    for identity, state in list(world.objects.items()) if dropped else ():
        if state.origin is not None and state.origin.parent in dropped:
            world.objects[identity] = replace(state, origin=None)


def sweep(world: World, since: World, *kept: Value) -> None:
    """Forget the objects born since an earlier world to which nothing leads any more.

    What has not changed since then cannot hold any of them.  What leads to values that are
    kept besides stays.
    """
    differing = world.objects.differing(since.objects)
    born = {
        each
        for each in differing
        if world.objects.peek(each) is not None and since.objects.peek(each) is None
    }
    if not born:
        return
    waiting = [each for value in kept for each in led_to(value, world)]
    for variable in world.names.differing(since.names):
        value = world.names.peek(variable)
        if value is not None:
            waiting += led_to(value, world)
    for identity in differing - born:
        state = world.objects.peek(identity)
        if state is not None:
            waiting += _in_object(state, world)
    held: set[ObjectId] = set()
    while waiting:
        each = waiting.pop()
        if each in born and each not in held:
            held.add(each)
            waiting += _in_object(world.objects[each], world)
    for each in born - held:
        del world.objects[each]


def _in_object(state: Object, world: World) -> Iterator[ObjectId]:
    for value in state.contents:
        yield from led_to(value, world)
    if state.origin is not None:
        yield state.origin.parent


def replace_everywhere(before: Value, after: Value, world: World) -> None:
    """Whoever holds exactly what one value is holds another, which is the same, from now on."""

    def holds(value: Value) -> bool:
        return value.objects == before.objects and value.things - NONE.things == before.things

    def changed(value: Value) -> Value:
        return replace(value, objects=after.objects, things=after.things)

    for variable, value in list(world.names.items()):
        if holds(value):
            world.names[variable] = changed(value)
    for identity, state in list(world.objects.items()):
        for key, value in state.fields.items():
            if holds(value):
                world.put(identity, world.get(identity).with_field(key, changed(value)))


def _below(identities: Iterable[ObjectId], world: World) -> set[ObjectId]:
    """Some objects and all that they lead to."""
    found, waiting = set[ObjectId](), list(identities)
    while waiting:
        each = waiting.pop()
        if each in found or each not in world.objects:
            continue
        found.add(each)
        for value in world.objects[each].contents:
            waiting += led_to(value, world)
    return found


def _held(world: World, wanted: set[ObjectId], kept: Iterable[Value]) -> set[ObjectId]:
    """Those of some objects to which anything else leads, and all that is below those."""
    sought = wanted | {UNNUMBERED}
    held: set[ObjectId] = set()
    for value in (*kept, *world.names.values()):
        if not value.held.isdisjoint(sought):
            held.update(led_to(value, world))
    for identity, state in world.objects.items():
        if identity not in wanted and not state.held.isdisjoint(sought):
            for value in state.contents:
                held.update(led_to(value, world))
    return _below(held & wanted, world)


def led_to(value: Value, world: World) -> Iterator[ObjectId]:
    """The objects to which somebody comes who holds a value."""
    yield from value.objects
    for thing in value.things:
        if thing.leads:
            yield from _in_thing(thing, world)


def _in_thing(thing: Thing, world: World) -> Iterator[ObjectId]:
    match thing:
        case Result():
            yield world.identities.of_result(thing)
        case Method() | SavedMode() | Super():
            yield thing.receiver
        case Submodules():
            yield thing.owner
        case Function():
            if thing.receiver is not None:
                yield thing.receiver
            for _, value in thing.captured:
                yield from led_to(value, world)
        case Partial():
            for value in (thing.callee, *thing.arguments, *(each for _, each in thing.keywords)):
                yield from led_to(value, world)
        case Pending():
            yield from _in_thing(thing.function, world)
            for value in (*thing.arguments, *(each for _, each in thing.keywords)):
                yield from led_to(value, world)
        case Mapped():
            yield from led_to(thing.callee, world)
            yield from led_to(thing.iterable, world)
