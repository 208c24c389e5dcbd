"""Doing something with an expression that may be one of several things.

Each is tried in a world of its own, and the worlds are joined.  Of very many it is enough
that each may have had its turn: they have it one after the other in a single world, which
is joined with the one in which nothing has happened yet.
"""

from __future__ import annotations

from collections.abc import Callable

from flake8_bn_eval.interpret.machine import Unreachable
from flake8_bn_eval.modes.values import NOTHING, Value
from flake8_bn_eval.modes.world import World

MOST_APART = 12

Act = Callable[[Value, World], Value]


def in_each(value: Value, world: World, act: Act) -> Value:
    """What comes out of any of the alternatives; the world is then what any of them leaves."""
    alternatives = value.alternatives
    apart = len(alternatives) <= MOST_APART
    result = NOTHING
    joined: World | None = None if apart else world.fork()
    for alternative in alternatives:
        each = world.fork() if apart else world
        try:
            result = result.join(act(alternative, each))
        except Unreachable:
            continue
        joined = each if joined is None else joined.join(each.fork())
    if joined is None:
        raise Unreachable
    world.become(joined)
    return result
