"""On which object a method is called, where it may be one of several."""

from __future__ import annotations

from dataclasses import replace

from flake8_bn_eval.interpret.machine import Machine
from flake8_bn_eval.modes.guards import UNGUARDED
from flake8_bn_eval.modes.holding import replace_everywhere
from flake8_bn_eval.modes.things import (
    NO_OBJECT,
    Result,
    Symbol,
    Unknown,
)
from flake8_bn_eval.modes.unity import unite
from flake8_bn_eval.modes.values import Value
from flake8_bn_eval.modes.world import World
from flake8_bn_eval.operations import (
    Attribute,
    Call,
    Expression,
    Name,
)

MOST_OBJECTS = 3
RETURNING_SELF = frozenset({"self", "eval", "train"})
"""The effects of methods of modules that return the module itself."""


class Receivers:
    """Narrows receivers down."""

    def __init__(self, machine: Machine) -> None:
        self.machine = machine

    def narrowed(self, value: Value, world: World) -> Value:
        """What is left of a value once something is called on it.

        It is not None; what something unseen returned may be the very object that another
        path has; and beside a single object an unknown is taken for that object.
        """
        if len(value.objects) + len(value.things) <= 1:
            return value
        before, objects = value, value.objects
        things = frozenset(thing for thing in value.things if thing != NO_OBJECT)
        if not objects:
            return replace(value, things=things)
        narrow = replace(value, things=things)
        for thing in value.things:
            if isinstance(thing, Result):
                found = self.machine.results.identify(thing, world)
                if found.objects:
                    there = found.where(value.guards.get(thing, UNGUARDED))
                    narrow = replace(narrow, things=narrow.things - {thing}).join(there)
        objects, things = narrow.objects, narrow.things
        if len(objects) == 1:
            things = frozenset(t for t in things if not isinstance(t, Unknown | Symbol))
        narrow = replace(narrow, things=things)
        if objects != value.objects:
            replace_everywhere(before, narrow, world)
        return narrow

    def told_apart(self, receiver: Value, expression: Expression, world: World) -> Value:
        """One of several objects, before its mode is set or somebody else holds it as well.

        There is a guard for each of them.  Of objects that nothing tells apart there is only one.
        """
        if len(receiver.objects) < 2 or receiver.things or receiver.is_told_apart:
            return receiver
        one = unite(receiver.objects, world)
        if one is not None:
            self.machine.recorder.unite(receiver.objects, one)
            return replace(receiver, objects=frozenset({one}))
        held = self.held_by(expression)
        if held and len(receiver.objects) <= MOST_OBJECTS:
            return self.machine.splitting.told_apart(held, receiver, world)
        return receiver

    def held_by(self, expression: Expression) -> Name | Attribute | None:
        """What holds the object that is called upon: `net` in ``net.to(device).eval()``."""
        while isinstance(expression, Call) and isinstance(expression.callee, Attribute):
            row = self.machine.knowledge.method("module", expression.callee.name)
            if row is None or row.effect not in RETURNING_SELF:
                return None
            expression = expression.callee.value
        return expression if isinstance(expression, Name | Attribute) else None
