"""Values in which objects have other numbers: where a loop bears one again, or copies are made."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TypeVar

from flake8_bn_eval.modes.guards import UNGUARDED, Guards, either
from flake8_bn_eval.modes.things import (
    Function,
    Lazy,
    Mapped,
    Method,
    ModeContext,
    ObjectId,
    Parameters,
    Partial,
    Pending,
    SavedMode,
    Submodules,
    Super,
    Thing,
    held_by,
)
from flake8_bn_eval.modes.values import Value

Numbers = Mapping[ObjectId, ObjectId]
"""The new number of every object that has one."""
Named = TypeVar("Named")
Given = TypeVar("Given", Partial, Pending)


def renamed(value: Value, numbers: Numbers) -> Value:
    """The same value where objects have got other numbers; itself where it holds none of them."""
    objects, things = value.objects, value.things
    if objects and not objects.isdisjoint(numbers):
        objects = _all(objects, numbers)
    for thing in things:
        if thing.holding and not held_by(thing).isdisjoint(numbers):
            things = frozenset(renamed_thing(each, numbers) for each in things)
            break
    if objects is value.objects and things is value.things:
        return value
    guards = _guards(value, numbers) if value.guards else value.guards
    return replace(value, objects=objects, things=things, guards=guards)


def _guards(value: Value, numbers: Numbers) -> dict[Thing | ObjectId, Guards]:
    """The guards of what has other numbers; two that are one now are there where either was."""
    found: dict[Thing | ObjectId, Guards] = {}
    alternatives: list[Thing | ObjectId] = [*value.things, *value.objects]
    for each in alternatives:
        held = value.guards.get(each, UNGUARDED)
        new = numbers.get(each, each) if isinstance(each, int) else renamed_thing(each, numbers)
        found[new] = either(found[new], held) if new in found else held
    return {each: held for each, held in found.items() if held != UNGUARDED}


def renamed_thing(thing: Thing, numbers: Numbers) -> Thing:
    """The same thing where objects have got other numbers."""
    match thing:
        case Parameters():
            return Parameters(_all(thing.owners, numbers))
        case ModeContext():
            return replace(thing, modules=_all(thing.modules, numbers))
        case Submodules():
            return replace(thing, owner=numbers.get(thing.owner, thing.owner))
        case Method() | SavedMode() | Super():
            return replace(thing, receiver=numbers.get(thing.receiver, thing.receiver))
        case Function():
            return _function(thing, numbers)
        case Partial():
            return replace(_given(thing, numbers), callee=renamed(thing.callee, numbers))
        case Pending():
            return replace(_given(thing, numbers), function=_function(thing.function, numbers))
        case Mapped():
            return replace(
                thing,
                callee=renamed(thing.callee, numbers),
                iterable=renamed(thing.iterable, numbers),
            )
        case Lazy():
            return replace(thing, iterable=renamed(thing.iterable, numbers))
    return thing


def _function(function: Function, numbers: Numbers) -> Function:
    if held_by(function).isdisjoint(numbers):
        return function
    receiver = function.receiver
    return replace(
        function,
        receiver=receiver if receiver is None else numbers.get(receiver, receiver),
        captured=_named(function.captured, numbers),
    )


def _given(thing: Given, numbers: Numbers) -> Given:
    """The same with other arguments."""
    arguments = tuple(renamed(each, numbers) for each in thing.arguments)
    return replace(thing, arguments=arguments, keywords=_named(thing.keywords, numbers))


def _all(objects: frozenset[ObjectId], numbers: Numbers) -> frozenset[ObjectId]:
    return frozenset(numbers.get(each, each) for each in objects)


def _named(
    values: tuple[tuple[Named, Value], ...], numbers: Numbers
) -> tuple[tuple[Named, Value], ...]:
    return tuple((name, renamed(each, numbers)) for name, each in values)
