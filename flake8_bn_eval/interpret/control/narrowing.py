"""What the outcome of a test tells about the names in it.

After ``if teacher is not None`` the teacher is no longer None; after ``if net.training``
the net is in no other mode.  Only what was *not* possible is dropped.
"""

from __future__ import annotations

from dataclasses import replace

from flake8_bn_eval.interpret.calls.types import TESTS
from flake8_bn_eval.interpret.frames import Frame
from flake8_bn_eval.interpret.machine import Machine
from flake8_bn_eval.modes.lattice import Mode
from flake8_bn_eval.modes.objects import Kind
from flake8_bn_eval.modes.things import NO_OBJECT, Constant, SavedMode
from flake8_bn_eval.modes.values import Value
from flake8_bn_eval.modes.world import World
from flake8_bn_eval.operations import (
    BUILTIN_SCOPE,
    Attribute,
    Call,
    Comparison,
    Expression,
    Junction,
    Name,
    Negation,
)
from flake8_bn_eval.operations import Constant as Literal


class Narrowing:
    """Learns from tests."""

    def __init__(self, machine: Machine) -> None:
        self.machine = machine

    def learn(self, test: Expression, truth: bool, world: World, frame: Frame) -> None:
        """A test came out true, or false, in this world."""
        match test:
            case Negation():
                self.learn(test.operand, not truth, world, frame)
            case Junction() if test.conjunctive is truth:
                for operand in test.operands:
                    self.learn(operand, truth, world, frame)
            case Comparison(right=Literal(value=None)):
                is_none = truth is (test.operator in ("is", "=="))
                self._none_or_not(test.left, is_none, world, frame)
            case Call(callee=Name(variable=(scope, name)), arguments=[subject, wanted]):
                if scope == BUILTIN_SCOPE and name in TESTS:
                    self._type(name, subject, wanted, truth, world, frame)
            case Attribute(name="training"):
                self._mode(test, truth, world, frame)
            case Name() | Attribute():
                self._truth(test, truth, world, frame)

    def _none_or_not(self, subject: Expression, is_none: bool, world: World, frame: Frame) -> None:
        if not isinstance(subject, Name | Attribute):
            return
        value = self.machine.expressions.evaluate(subject, world, frame)
        if NO_OBJECT in value.things:
            left = frozenset({NO_OBJECT}) if is_none else value.things - {NO_OBJECT}
            objects = frozenset() if is_none else value.objects
        elif is_none:
            left = frozenset(each for each in value.things if not isinstance(each, Constant))
            objects = frozenset(
                each for each in value.objects if world.shape(each).kind is Kind.UNKNOWN
            )
        else:
            return
        self._replace(subject, value, replace(value, things=left, objects=objects), world)

    def _type(
        self,
        test: str,
        subject: Expression,
        wanted: Expression,
        truth: bool,
        world: World,
        frame: Frame,
    ) -> None:
        """Drop those alternatives for which the test comes out the other way."""
        if not isinstance(subject, Name | Attribute):
            return
        value = self.machine.expressions.evaluate(subject, world, frame)
        if len(value.things) + len(value.objects) < 2:
            return
        asked = self.machine.expressions.evaluate(wanted, world, frame)
        refused = Constant.of(not truth)
        things, objects = set(value.things), set(value.objects)
        for each in value.alternatives:
            if self.machine.types.tested(test, each.unguarded(), asked, world).constant == refused:
                things -= each.things
                objects -= each.objects
        left = replace(value, things=frozenset(things), objects=frozenset(objects))
        self._replace(subject, value, left, world)

    def _truth(self, subject: Expression, truth: bool, world: World, frame: Frame) -> None:
        value = self.machine.expressions.evaluate(subject, world, frame)
        if len(value.things) + len(value.objects) > 1:
            left = self.machine.conditions.part(value, truth, world)
            if not truth and NO_OBJECT in left.things:
                # Beside None an unknown that is not true is None as well.
                known = frozenset(each for each in left.things if isinstance(each, Constant))
                left = replace(left, things=known, objects=frozenset())
            self._replace(subject, value, left, world)

    def _replace(self, subject: Expression, old: Value, new: Value, world: World) -> None:
        if new != old and (new.things or new.objects):
            self.machine.splitting.replace(subject, new, world)

    def _mode(self, test: Attribute, truth: bool, world: World, frame: Frame) -> None:
        saved = self.machine.expressions.evaluate(test, world, frame).only_thing
        if isinstance(saved, SavedMode):
            state = world.get(saved.receiver)
            left = state.modes.without(Mode.EVAL if truth else Mode.TRAIN)
            if left.members and left != state.modes:
                world.put(saved.receiver, replace(state, modes=left))
