"""Conditions: what is true, what may be assumed, and how a branch divides the worlds.

A condition that cannot be decided but has a stable subject (a parameter, an attribute,
arithmetic of unchanged names) is assumed either way, so that later tests of the same
subject agree.  Anything else is simply both.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from flake8_bn_eval.interpret.frames import Frame
from flake8_bn_eval.interpret.machine import Machine, Unreachable
from flake8_bn_eval.modes.assumptions import PLACE
from flake8_bn_eval.modes.evidence import Use
from flake8_bn_eval.modes.guards import ALWAYS, UNGUARDED, Guard, Guards, either
from flake8_bn_eval.modes.identities import about_object, was_training
from flake8_bn_eval.modes.lattice import Mode
from flake8_bn_eval.modes.objects import Kind
from flake8_bn_eval.modes.sequences import elements_of
from flake8_bn_eval.modes.states import State, merge
from flake8_bn_eval.modes.things import (
    NO_OBJECT,
    Class,
    Condition,
    Constant,
    External,
    Function,
    GradientContext,
    Result,
    SavedGradients,
    SavedMode,
    Symbol,
)
from flake8_bn_eval.modes.values import LONGEST_SUBJECT, UNKNOWN, Value, of_constant, of_thing
from flake8_bn_eval.modes.world import World
from flake8_bn_eval.operations import (
    Call,
    Comparison,
    Expression,
    Junction,
    Name,
    Negation,
)
from flake8_bn_eval.operations import Constant as Literal

ORDERING = frozenset({"<", "<=", ">", ">="})


class Conditions:
    """Decides conditions in worlds."""

    def __init__(self, machine: Machine) -> None:
        self.machine = machine

    def divide(
        self, condition: Expression, worlds: Iterable[World], frame: Frame
    ) -> tuple[State, State]:
        """The worlds in which a condition holds, and those in which it does not."""
        holds: list[World] = []
        fails: list[World] = []
        for world in worlds:
            yes, no = self._divide(condition, world, frame)
            holds += yes
            fails += no
        return merge(holds), merge(fails)

    def _divide(
        self, condition: Expression, world: World, frame: Frame
    ) -> tuple[list[World], list[World]]:
        match condition:
            case Negation():
                holds, fails = self._divide(condition.operand, world, frame)
                return fails, holds
            case Junction() if not self._is_flag(condition, world, frame):
                return self._divide_junction(condition, world, frame)
        return self._divide_value(condition, world, frame)

    def _is_flag(self, junction: Junction, world: World, frame: Frame) -> bool:
        """Whether its operands are flags, so that the whole is one: no world for each."""
        operands = junction.operands
        if not all(isinstance(each, Name | Comparison | Negation) for each in operands):
            return False
        for each in operands:
            inner = each.operand if isinstance(each, Negation) else each
            if not isinstance(inner, Name) and not _compares_names(inner):
                return False
        value = self.machine.expressions.evaluate(junction, world, frame)
        return isinstance(value.only_thing, Condition)

    def _divide_junction(
        self, condition: Junction, world: World, frame: Frame
    ) -> tuple[list[World], list[World]]:
        going, decided = [world], []
        for operand in condition.operands:
            following: list[World] = []
            for each in going:
                holds, fails = self._divide(operand, each, frame)
                following += holds if condition.conjunctive else fails
                decided += fails if condition.conjunctive else holds
            going = following
        return (going, decided) if condition.conjunctive else (decided, going)

    def _divide_value(
        self, condition: Expression, world: World, frame: Frame
    ) -> tuple[list[World], list[World]]:
        self.begin_anew(condition, world)
        try:
            value = self.machine.expressions.evaluate(condition, world, frame)
        except Unreachable:
            return [], []
        if isinstance(condition, Comparison) and condition.operator in ORDERING:
            # What is the larger one, only the numbers tell.
            self.machine.recorder.use(value.lineage, Use.READ)
        truth = self.truth(value, world)
        if truth is not None:
            return ([world], []) if truth else ([], [world])
        yes, no = self.assumed(value, condition, world, frame)
        return [yes], [no]

    def assumed(
        self, value: Value, test: Expression, world: World, frame: Frame
    ) -> tuple[World, World]:
        """The world where a value of which nothing is known is true, and where it is not."""
        yes, no = world, world.fork()
        holds, fails = self.cases(value, test, world)
        no.subjects = world.subjects
        no.assumptions.variables.update(world.assumptions.variables)
        yes.suppose_all(_common(holds))
        no.suppose_all(_common(fails))
        self._assume_saved(value, yes, no)
        self.machine.narrowing.learn(test, True, yes, frame)
        self.machine.narrowing.learn(test, False, no, frame)
        return yes, no

    def begin_anew(self, test: Expression, world: World) -> None:
        """A test is evaluated once more: what its own place stands for is no longer the same."""
        world.begin_anew(self._of_place(test))

    def _of_place(self, test: Expression) -> Condition:
        """The condition that a test comes out true which nothing else names."""
        number = self.machine.identities.number("test", id(test), self.machine.frame.path)
        return Condition(f"{PLACE}{number}", frozenset(), None)

    def suppose_pass(self, loop: object, world: World, again: bool) -> None:
        """Go on at the head of a loop: where it has had a pass, or has not."""
        number = self.machine.identities.number("again", id(loop), self.machine.frame.path)
        condition = Condition(f"{PLACE}{number}", frozenset(), None)
        world.begin_anew(condition)
        world.suppose_all(frozenset({world.literal(condition, again)}))

    def _raised(self, guarded: object) -> Condition:
        """The condition that an exception leaves the body of this very ``try``."""
        number = self.machine.identities.number("raised", id(guarded), self.machine.frame.path)
        return Condition(f"{PLACE}{number}", frozenset(), None)

    def begin_guarded(self, guarded: object, world: World) -> None:
        """A ``try`` begins: whether it raised the last time is of no concern any more."""
        world.begin_anew(self._raised(guarded))

    def suppose_raised(self, guarded: object, world: World, truth: bool) -> None:
        """Go on where a ``try`` has raised, or has not."""
        world.suppose_all(frozenset({world.literal(self._raised(guarded), truth)}))

    def cases(
        self, value: Value, test: Expression | None, world: World
    ) -> tuple[Guards, Guards]:
        """Under which guards a value is true, and under which it is not."""
        told = self._told(value, world)
        if told is not None:
            return told
        condition = None if isinstance(test, Call) else self.of_value(value)
        if condition is None and test is not None:
            condition = self._of_place(test)
        if condition is None:
            return UNGUARDED, UNGUARDED
        holds = frozenset({world.literal(condition, True)})
        fails = frozenset({world.literal(condition, False)})
        if test is None:
            world.watch(holds)
        return frozenset({holds}), frozenset({fails})

    def _told(self, value: Value, world: World) -> tuple[Guards, Guards] | None:
        """The guards of those alternatives that are true, and of those that are not."""
        if not value.guards:
            return None
        held: dict[bool, Guards] = {}
        optional = NO_OBJECT in value.things
        for each in value.alternatives:
            truth = self.truth(each, world)
            if truth is None and optional and each.objects:
                truth = True  # beside None even an object that nobody has seen counts as one
            if truth is None:
                return None
            guards = next(iter(each.guards.values()), UNGUARDED)
            held[truth] = either(held[truth], guards) if truth in held else guards
        if len(held) < 2 or UNGUARDED in held.values():
            return None
        return held[True], held[False]

    def _assume_saved(self, value: Value, world: World, other: World) -> None:
        saved = value.only_thing
        if isinstance(saved, SavedMode):
            world.suppose(was_training(saved), True)
            other.suppose(was_training(saved), False)
            self._restore_in_eval(saved, other)
        if isinstance(saved, SavedGradients):
            self.machine.gradient_modes.suppose(saved, True, world)
            self.machine.gradient_modes.suppose(saved, False, other)

    def _restore_in_eval(self, saved: SavedMode, world: World) -> None:
        """``if was_training: train()``: where it was not, eval is the mode it came with."""
        state = world.objects.get(saved.receiver)
        if state is not None and state.modes.must_be(Mode.EVAL):
            world.put(saved.receiver, state.in_modes(saved.modes, recursive=True))

    # Truth

    def truth(self, value: Value, world: World) -> bool | None:
        """Whether a value is true in a world, if that is known."""
        truths = {self._truth_of_object(identity, world) for identity in value.objects}
        for thing in value.things:
            match thing:
                case Constant():
                    truths.add(bool(thing.value))
                case Condition():
                    truths.add(world.answer(thing))
                case Symbol():
                    truths.add(world.answer(Condition(thing.subject, thing.variables, None)))
                case External() | Function() | Class() | GradientContext():
                    truths.add(True)
                case SavedGradients():
                    truths.add(self.machine.gradient_modes.truth(thing))
                case Result():
                    truths.add(self._truth_of_result(thing, world))
                case SavedMode():
                    truths.add(_truth_of_mode(thing, world))
                case _:
                    truths.add(None)
        return truths.pop() if len(truths) == 1 else None

    def _truth_of_result(self, result: Result, world: World) -> bool | None:
        row = self.machine.knowledge.callable(result.path)
        if row is not None and row.returns == "context":
            return True
        return world.answer(self.of_object(self.machine.results.identity(result)))

    def _truth_of_object(self, identity: int, world: World) -> bool | None:
        state = world.get(identity)
        kind = state.kind
        if kind in (Kind.MODULE, Kind.INSTANCE, Kind.OPTIMIZER):
            return True
        if kind is Kind.SEQUENCE and state.rest is None:
            return bool(elements_of(state))
        if kind is Kind.UNKNOWN:
            return world.answer(self.of_object(identity))
        return None

    def of_value(self, value: Value) -> Condition | None:
        """The condition that a value is true, if it has a stable subject."""
        thing = value.only_thing
        if isinstance(thing, Condition):
            return thing
        subject = self.machine.comparisons.subject(value)
        return None if subject is None else Condition(*subject, constant=None)

    def negated(self, condition: Condition) -> Condition:
        """The opposite condition."""
        return replace(condition, negated=not condition.negated)

    def negate(self, value: Value, world: World) -> Value:
        """``not value``."""
        truth = self.truth(value, world)
        if truth is not None:
            return of_constant(not truth)
        condition = self.of_value(value)
        if condition is None:
            return UNKNOWN.descending(value)
        return of_thing(self.negated(condition)).descending(value)

    def part(self, value: Value, truth: bool, world: World) -> Value:
        """What is left of a value where it is known to be true, or false."""
        things = frozenset(
            thing for thing in value.things if self.truth(of_thing(thing), world) is not (not truth)
        )
        objects = frozenset(
            each for each in value.objects if self._truth_of_object(each, world) is not (not truth)
        )
        if not things and not objects:
            return value
        return replace(value, things=things, objects=objects)

    def junction(self, conjunctive: bool, values: list[Value], world: World) -> Value | None:
        """``a and b`` of flags only: a flag that tells them when it holds (``or``: when not).

        Of objects that were made in sight it is one of these, and no flag.
        """
        undecided: list[Condition] = []
        objects = [world.get(each) for value in values for each in value.objects]
        if any(each.kind is not Kind.UNKNOWN for each in objects):
            return None
        for value in values:
            truth = self.truth(value, world)
            if truth is not None:
                if truth is not conjunctive:
                    return of_constant(truth) if isinstance(value.constant, Constant) else None
                continue
            condition = self.of_value(value)
            if condition is None:
                return None
            undecided.append(condition)
        if len(undecided) < 2:
            return None
        parts = [each if conjunctive else self.negated(each) for each in undecided]
        subject = world.identities.conjunction(parts)
        if len(subject) > LONGEST_SUBJECT:
            return None
        variables = frozenset().union(*(each.variables for each in parts))
        return of_thing(Condition(subject, variables, None, negated=not conjunctive))

    # Comparisons

    def of_object(self, identity: int) -> Condition:
        return Condition(f"#{identity}", frozenset({about_object(identity)}), None)


def _common(guards: Guards) -> Guard:
    """What holds wherever one of these guards does."""
    return frozenset.intersection(*guards) if guards else ALWAYS


def _compares_names(expression: Expression) -> bool:
    return isinstance(expression, Comparison) and all(
        isinstance(side, Name | Literal) for side in (expression.left, expression.right)
    )


def _truth_of_mode(saved: SavedMode, world: World) -> bool | None:
    if saved.modes.must_be(Mode.TRAIN):
        return True
    return False if saved.modes.must_be(Mode.EVAL) else world.answer(was_training(saved))
