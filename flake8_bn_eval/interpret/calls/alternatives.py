"""Doing something with an expression that may be one of several things.

Each is tried in a world of its own, and the worlds are joined.  Of very many it is enough
that each may have had its turn: they have it one after the other in a single world, which
is joined with the one in which nothing has happened yet.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from flake8_bn_eval.interpret.machine import Unreachable
from flake8_bn_eval.modes.existence import suppose_there
from flake8_bn_eval.modes.guards import UNGUARDED, Guard, Guards, denied, excludes, is_for_one
from flake8_bn_eval.modes.joining import gather
from flake8_bn_eval.modes.states import join_nearest
from flake8_bn_eval.modes.values import NOTHING, Value
from flake8_bn_eval.modes.world import World
from flake8_bn_eval.operations import Variable

MOST_APART = 12

Act = Callable[[Value, World], Value]
Way = tuple[World, Callable[[World], Value]]
"""A world of its own, and what gives the value there."""
RESULTING: Variable = (-3, "<value>")
"""The name that holds the value of each way until the ways are joined."""


def answer_of_each(value: Value, ask: Callable[[Value], Value]) -> Value:
    """What is answered about each alternative by itself, where that is there."""
    found = NOTHING
    for each in value.alternatives:
        guards = next(iter(each.guards.values()), UNGUARDED)
        found = found.join(ask(each.unguarded()).where(guards))
    return found


def in_each(value: Value, world: World, act: Act) -> Value:
    """What comes out of any of the alternatives; the world is then what any of them leaves."""
    alternatives = value.cases
    if len(alternatives) > MOST_APART:
        return _one_after_the_other(alternatives, world, act)
    ways: list[Way] = []
    answers = frozenset().union(*(alternative.guard for alternative in alternatives))
    for alternative in alternatives:
        each = world.fork()
        each.suppose_all(alternative.guard | _excluded(alternative.guard, answers))
        suppose_there(alternative.objects, each)
        ways.append((each, partial(act, alternative)))
    return one_of(ways, world)


def _excluded(guard: Guard, answers: Guard) -> Guard:
    """What does not hold where a guard does: that something is equal to another one of several."""
    equal = [question for question, truth in guard if truth and is_for_one(question)]
    return frozenset(
        (question, False)
        for question, truth in answers
        if truth and any(excludes(question, each) for each in equal)
    )


def where_any(guards: Guards, world: World, act: Callable[[World], Value]) -> None:
    """Do something where one of some guards holds, and nothing elsewhere."""
    if guards == UNGUARDED:
        act(world)
        return
    ways: list[Way] = []
    for taken, go in ((guards, act), (denied(guards), lambda each: NOTHING)):
        for guard in sorted(taken, key=repr):
            each = world.fork()
            each.suppose_all(guard)
            ways.append((each, go))
    one_of(ways, world)


def one_of(ways: list[Way], world: World) -> Value:
    """The value of any of several ways, each under its guards; the world is what any leaves."""
    left: list[World] = []
    for each, go in ways:
        try:
            value = go(each)
        except Unreachable:
            continue
        each.names[RESULTING] = value
        left.append(each)
    if not left:
        raise Unreachable
    after = join_nearest(left)
    result = after.names.remove(RESULTING)
    world.become(after)
    return NOTHING if result is None else result


def _one_after_the_other(alternatives: list[Value], world: World, act: Act) -> Value:
    result, last = NOTHING, world.fork()
    before = last.fork()
    for alternative in alternatives:
        try:
            result = result.join(act(alternative, world))
        except Unreachable:
            continue
        if world.has_moved_on(last):
            after = world.fork()
            before, last = gather(before, last, after), after
    world.become(before)
    return result
