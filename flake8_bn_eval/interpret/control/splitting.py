"""Looking ahead, and telling apart what a name may hold."""

from __future__ import annotations

from dataclasses import replace

from flake8_bn_eval.interpret.machine import Machine, Unreachable
from flake8_bn_eval.modes.assumptions import which_of
from flake8_bn_eval.modes.guards import Guards
from flake8_bn_eval.modes.identities import about_field
from flake8_bn_eval.modes.things import Condition, Constant, ObjectId, Thing
from flake8_bn_eval.modes.values import Value
from flake8_bn_eval.modes.world import World
from flake8_bn_eval.operations import Attribute, Expression, Name, Variable


class Splitting:
    """Evaluates ahead, and gives the alternatives of a name guards of their own."""

    def __init__(self, machine: Machine) -> None:
        self.machine = machine

    def peek(self, expression: Expression, world: World) -> tuple[Value, World] | None:
        """What an expression would be, without doing it."""
        scratch = world.fork()
        try:
            return self.machine.expressions.evaluate(
                expression, scratch, self.machine.frame
            ), scratch
        except Unreachable:
            return None

    def told_apart(self, expression: Expression, value: Value, world: World) -> Value:
        """The value of a name or an attribute, with a guard for each of its alternatives."""
        variable = self.replace(expression, value, world)
        if variable is None:
            return value
        subject = which_of(variable)
        guards: dict[Thing | ObjectId, Guards] = {}
        every: list[Thing | ObjectId] = [*value.things, *value.objects]
        for each in every:
            which = each if isinstance(each, Constant) else Constant.of(each)
            condition = Condition(subject, frozenset({variable}), which)
            guards[each] = frozenset({frozenset({world.literal(condition, True)})})
        world.watch(*(guard for each in guards.values() for guard in each))
        apart = replace(value, guards=guards)
        self.replace(expression, apart, world)
        return apart

    def replace(self, expression: Expression, value: Value, world: World) -> Variable | None:
        """Learn what a name or an attribute holds; assumptions rest on the variable returned."""
        if isinstance(expression, Name):
            variable = expression.variable
            known = world.names.get(variable) or value
            world.names[variable] = replace(
                known, things=value.things, objects=value.objects, guards=value.guards
            )
            world.changed()
            return variable
        assert isinstance(expression, Attribute)
        owner = self.machine.expressions.evaluate(
            expression.value, world, self.machine.frame
        ).only_object
        if owner is None:
            return None
        world.put(owner, world.get(owner).with_field(f".{expression.name}", value))
        return about_field(owner, expression.name)
