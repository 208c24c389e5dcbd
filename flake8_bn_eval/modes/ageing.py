"""Objects that a loop bears again: the last one keeps its number, older ones share another.

Whoever held an object of an earlier pass holds the older one from then on.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Set
from dataclasses import replace
from typing import TYPE_CHECKING

from flake8_bn_eval.modes.holding import led_to
from flake8_bn_eval.modes.identities import about_object
from flake8_bn_eval.modes.joins import is_attribute, join_objects
from flake8_bn_eval.modes.objects import Key, Kind, Object
from flake8_bn_eval.modes.renaming import renamed
from flake8_bn_eval.modes.things import UNNUMBERED, ObjectId
from flake8_bn_eval.modes.values import Value

if TYPE_CHECKING:
    from flake8_bn_eval.modes.world import World


def retire(identities: Iterable[ObjectId], world: World) -> None:
    """Objects that were born in an earlier pass make room for the next ones.

    Whoever still holds one holds the older one from now on; the third and all
    that follow are joined with it.
    """
    names: dict[ObjectId, ObjectId] = {}
    for identity in identities:
        state = world.objects[identity]
        plain = state.kind in (Kind.SEQUENCE, Kind.MAPPING)
        if identity not in names and not (plain and not _holds_modules(state, world)):
            names[identity] = world.identities.older(identity)
            add_unseen_children(identity, names, world)
    if names:
        alone = _alone(names, world)
        if rename(names, world):
            _move(names, world, alone)


def retire_all(world: World, since: World) -> None:
    """All that was born since an earlier world makes room for what the next pass bears.

    So it has its new number wherever an exception may interrupt that pass.
    """
    older = world.identities.aged
    born = [
        each
        for each in world.objects.differing(since.objects)
        if each not in older and each not in since.objects and _is_worth(each, world)
    ]
    names: dict[ObjectId, ObjectId] = {}
    for identity in sorted(born):
        origin = world.objects[identity].origin
        # An attribute that a pass was the first to look at has been there all the time.
        if origin is None or origin.parent not in born and not is_attribute(origin.key):
            names[identity] = world.identities.older(identity)
            add_unseen_children(identity, names, world)
    if names:
        for identity in sorted(names):
            world.forget(about_object(identity))
        alone = _alone(names, world)
        rename(names, world)
        _move(names, world, alone)


def _is_worth(identity: ObjectId, world: World) -> bool:
    """Whether it matters which of several objects of one birth this is."""
    state = world.objects.get(identity)
    if state is None:
        return False
    if state.kind in (Kind.SEQUENCE, Kind.MAPPING):
        return _holds_modules(state, world)
    return state.matters


def _alone(names: dict[ObjectId, ObjectId], world: World) -> frozenset[ObjectId]:
    """Those of which just one is left, the last one or an older one.

    ``if is_new: net = Net()`` in a loop: whatever holds the one may hold the other instead, or
    nobody holds the older one any more.
    """
    waiting = {old: new for old, new in names.items() if new in world.objects}
    ways: dict[ObjectId, set[tuple[bool, bool]]] = {old: set() for old in waiting}
    concerned = waiting.keys() | set(waiting.values())
    older = {new: old for old, new in waiting.items()}
    for held, is_element in _holdings(concerned, world) if waiting else ():
        for old in {older.get(each, each) for each in concerned.intersection(held)}:
            way = old in held, waiting[old] in held
            ways[old] |= {way, (False, False)} if is_element else {way}
    apart = [old for pair in world.apart for old, new in waiting.items() if {old, new} <= pair]
    return frozenset(old for old, seen in ways.items() if len(seen) < 2).difference(apart)


def _holdings(
    concerned: Set[ObjectId], world: World
) -> Iterator[tuple[frozenset[ObjectId], bool]]:
    """What names, attributes and elements hold that may be concerned, and if it is an element."""
    sought = concerned | {UNNUMBERED}
    for value in world.names.values():
        if not value.held.isdisjoint(sought):
            yield frozenset(led_to(value, world)), False
    for state in world.objects.values():
        if state.held.isdisjoint(sought):
            continue
        is_element = state.kind in (Kind.SEQUENCE, Kind.MAPPING)
        for value in state.fields.values():
            yield frozenset(led_to(value, world)), is_element
        if state.rest is not None:
            yield frozenset(led_to(state.rest, world)), True


def _move(names: dict[ObjectId, ObjectId], world: World, alone: frozenset[ObjectId]) -> None:
    for old, new in names.items():
        state = moved(world.objects[old], names)
        del world.objects[old]
        known = world.objects.get(new)
        if known is not None:
            many = old not in alone or known.many or state.many
            state = replace(join_objects(known, state), many=many)
        world.put(new, state)


def _holds_modules(state: Object, world: World) -> bool:
    """Whether it matters which of several lists this is."""
    if state.registers:
        return True
    values = state.contents
    held = (world.objects.get(each) for value in values for each in value.objects)
    return any(each is not None and each.may_be_module for each in held)


def add_unseen_children(identity: ObjectId, names: dict[ObjectId, ObjectId], world: World) -> None:
    """Children born by being looked at move along with their parent."""
    for value in world.objects[identity].fields.values():
        for child in value.objects:
            state = world.objects.get(child)
            if state is None or state.origin is None or child in names:
                continue
            if state.origin.parent == identity:
                key = state.origin.key
                names[child] = world.identities.number("child", names[identity], key)
                add_unseen_children(child, names, world)


def rename(names: dict[ObjectId, ObjectId], world: World) -> bool:
    """Give objects other numbers wherever they are held; whether they were held at all."""
    if world.apart:
        pairs = (frozenset(names.get(each, each) for each in pair) for pair in world.apart)
        world.apart = frozenset(pair for pair in pairs if len(pair) > 1)
    naming = [
        (variable, new)
        for variable, value in world.names.items()
        if (value.objects or value.things) and (new := renamed(value, names)) is not value
    ]
    for variable, new in naming:
        world.names[variable] = new
    holding = [
        (owner, state)
        for owner, state in world.objects.items()
        if not state.held.isdisjoint(names) and owner not in names
    ]
    for owner, state in holding:
        world.objects[owner] = moved(state, names)
    return bool(naming or holding)


def moved(state: Object, names: dict[ObjectId, ObjectId]) -> Object:
    """The same object, holding others by their new numbers."""
    changed: dict[Key, Value] = {}
    for key, value in state.fields.items():
        new = renamed(value, names)
        if new is not value:
            changed[key] = new
    rest = None if state.rest is None else renamed(state.rest, names)
    origin = state.origin
    if origin is not None and origin.parent in names:
        origin = replace(origin, parent=names[origin.parent])
    if not changed and rest is state.rest and origin is state.origin:
        return state
    return replace(state, fields={**state.fields, **changed}, rest=rest, origin=origin)
