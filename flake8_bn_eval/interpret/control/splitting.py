"""Worlds that have to be told apart before an operation can be done in them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from flake8_bn_eval.interpret.control.expressions import is_plain
from flake8_bn_eval.interpret.frames import Frame
from flake8_bn_eval.interpret.machine import (
    AlternativesNeeded,
    Machine,
    SplitNeeded,
    Unreachable,
)
from flake8_bn_eval.modes.assumptions import WHICH
from flake8_bn_eval.modes.holding import drop_unheld
from flake8_bn_eval.modes.identities import about_field
from flake8_bn_eval.modes.things import Condition, Constant
from flake8_bn_eval.modes.values import Value
from flake8_bn_eval.modes.world import World
from flake8_bn_eval.operations import (
    Attribute,
    Expression,
    Name,
    Variable,
)

DEEPEST_SPLIT = 3
Act = Callable[[World], None]


class Splitting:
    """Does an act in a world, or in the parts into which it has to be split."""

    def __init__(self, machine: Machine) -> None:
        self.machine = machine

    def evaluated(
        self, expression: Expression, world: World, frame: Frame
    ) -> list[tuple[World, Value]]:
        """The value of an expression, in each of the worlds that it splits this one into."""
        results: list[tuple[World, Value]] = []

        def act(each: World) -> None:
            results.append((each, self.machine.expressions.evaluate(expression, each, frame)))

        self.doing(expression, act, world)
        return results

    def doing(self, expression: Expression, act: Act, world: World) -> list[World]:
        """Do something with an expression; keep the world before only if it is needed."""
        if self.machine.telling.hangs_on_flag(expression):
            return self.splitting(act, world)
        self.machine.frame.splittable = ()
        try:
            act(world)
        except (SplitNeeded, AlternativesNeeded):
            if is_plain(expression):
                return self.splitting(act, world)
            return self._without_splitting(act, world)
        except Unreachable:
            return []
        return [world]

    def peek(self, expression: Expression, world: World) -> tuple[Value, World] | None:
        """What an expression would be, without doing it."""
        scratch = world.fork()
        outer, self.machine.may_split = self.machine.may_split, False
        try:
            return self.machine.expressions.evaluate(
                expression, scratch, self.machine.frame
            ), scratch
        except Unreachable:
            return None
        finally:
            self.machine.may_split = outer

    def splitting(self, act: Act, world: World, depth: int = 0) -> list[World]:
        """Do something in a world, or in both halves of it where it hangs on a flag."""
        if depth == DEEPEST_SPLIT:
            return self._without_splitting(act, world)
        before = world.fork()
        self.machine.frame.splittable = before.objects
        try:
            act(world)
        except SplitNeeded as needed:
            if self._belongs_outside(needed):
                raise
            worlds: list[World] = []
            for half in self.machine.conditions.split(before, needed.condition):
                worlds += self.splitting(act, half, depth + 1)
            return worlds
        except AlternativesNeeded as alternatives:
            if self._is_outside(alternatives.expression):
                raise
            return self._for_each_choice(act, alternatives, before, depth)
        except Unreachable:
            return []
        return [world]

    def _for_each_choice(
        self, act: Act, needed: AlternativesNeeded, before: World, depth: int
    ) -> list[World]:
        worlds: list[World] = []
        for choice in needed.choices:
            world = before.fork()
            self._refine(needed.expression, choice, world)
            others = [each for other in needed.choices for each in other.objects - choice.objects]
            drop_unheld(others, world)
            worlds += self.splitting(act, world, depth + 1)
        return worlds

    def _refine(self, expression: Expression, choice: Value, world: World) -> None:
        """In this world an expression is this value."""
        variable = self.replace(expression, choice, world)
        if variable is None:
            return
        which = choice.constant or Constant.of(choice.only_object)
        subject = f"{WHICH}{variable[0]}:{variable[1]}"
        world.suppose(Condition(subject, frozenset({variable}), which), True)

    def replace(self, expression: Expression, value: Value, world: World) -> Variable | None:
        """Learn what a name or an attribute holds; assumptions rest on the variable returned."""
        if isinstance(expression, Name):
            variable = expression.variable
            known = world.names.get(variable, value)
            world.names[variable] = replace(known, things=value.things, objects=value.objects)
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

    def _without_splitting(self, act: Act, world: World) -> list[World]:
        """The flag changes while it is asked for: both of its values at once."""
        outer, self.machine.may_split = self.machine.may_split, False
        self.machine.frame.splittable = ()
        try:
            act(world)
        except Unreachable:
            return []
        finally:
            self.machine.may_split = outer
        return [world]

    def _belongs_outside(self, needed: SplitNeeded) -> bool:
        """Whether the flag is the caller's, who then has to split its own world."""
        frame = self.machine.frame
        if frame.caller is None or frame.definition is None:
            return False
        return not any(frame.is_local(variable) for variable in needed.condition.variables)

    def _is_outside(self, expression: Expression) -> bool:
        """Whether it is the caller who has to tell apart what a name is."""
        frame = self.machine.frame
        if frame.caller is None or frame.definition is None or not isinstance(expression, Name):
            return False
        return expression.variable[0] != frame.definition.scope
