"""Comparisons and calculations: what is equal to what, as conditions on what they compare."""

from __future__ import annotations

from flake8_bn_eval.interpret.calls.alternatives import answer_of_each
from flake8_bn_eval.interpret.calls.types import compares_types
from flake8_bn_eval.interpret.data.outputs import choice_of
from flake8_bn_eval.interpret.frames import Frame
from flake8_bn_eval.interpret.machine import Machine
from flake8_bn_eval.modes.objects import Kind
from flake8_bn_eval.modes.things import NO_OBJECT, Condition, Constant, Result, Symbol
from flake8_bn_eval.modes.values import (
    LONGEST_SUBJECT,
    UNKNOWN,
    Value,
    of_constant,
    of_thing,
)
from flake8_bn_eval.modes.world import World
from flake8_bn_eval.operations import Comparison, Variable

Subject = tuple[str, frozenset[Variable]]


class Comparisons:
    """Values of operators."""

    def __init__(self, machine: Machine) -> None:
        self.machine = machine

    def evaluate(self, expression: Comparison, world: World, frame: Frame) -> Value:
        """The value of a comparison."""
        if compares_types(expression):
            return self.machine.types.compared(expression, world, frame)
        left = self.machine.expressions.chosen(expression.left, world, frame)
        right = self.machine.expressions.chosen(expression.right, world, frame)
        return self.compare(expression.operator, left, right, world)

    def compare(self, operator: str, left: Value, right: Value, world: World) -> Value:
        """``left operator right``."""
        for side in (left, right):
            if side.guards and len(side.things) + len(side.objects) > 1:
                return self._in_each_case(operator, left, right, side, world)
        if right.constant is None and left.constant is not None and operator in ("==", "!="):
            left, right = right, left
        folded = _fold(operator, left.constant, right.constant)
        if folded is not None:
            return of_constant(folded)
        if operator in ("==", "is", "!=", "is not") and right.constant is not None:
            return self._equality(left, right.constant, operator in ("!=", "is not"), world)
        if operator in ("in", "not in"):
            return self._membership(left, right, operator == "not in", world)
        subject = self._joint_subject(operator, left, right)
        if subject is None:
            return choice_of(left, right)
        return of_thing(Condition(*subject, constant=None))

    def _in_each_case(
        self, operator: str, left: Value, right: Value, side: Value, world: World
    ) -> Value:
        """The comparison of each alternative of a side, where that is there."""
        optional = _is_none(right if side is left else left) and NO_OBJECT in side.things

        def compared(only: Value) -> Value:
            if optional and only.objects:
                # What may be None or an object that nobody has seen is one of these two.
                return of_constant(operator in ("!=", "is not"))
            if side is left:
                return self.compare(operator, only, right, world)
            return self.compare(operator, left, only, world)

        return answer_of_each(side, compared)

    def _equality(self, left: Value, constant: Constant, negated: bool, world: World) -> Value:
        if constant.value is None and left.objects and not left.things:
            kinds = {world.shape(identity).kind for identity in left.objects}
            if Kind.UNKNOWN not in kinds:
                return of_constant(negated)
        subject = self.subject(left)
        if subject is not None:
            return of_thing(Condition(*subject, constant=constant, negated=negated))
        return UNKNOWN.descending(left)

    def _membership(self, left: Value, right: Value, negated: bool, world: World) -> Value:
        elements = self.machine.containers.known_elements(right, world)
        literals = [element.constant for element in elements or ()]
        if not literals or None in literals:
            subject = self._joint_subject("in", left, right)
            if subject is None:
                return UNKNOWN.descending(left)
            return of_thing(Condition(*subject, constant=None, negated=negated))
        values = tuple(each.value for each in literals if each)
        if left.constant is not None:
            return of_constant((left.constant.value in values) is not negated)
        subject = self.subject(left)
        if subject is None:
            return UNKNOWN.descending(left)
        return of_thing(Condition(*subject, Constant.of(values), negated))

    def combine(self, operator: str, left: Value, right: Value, world: World) -> Value | None:
        """Arithmetic whose result is known, or has a stable subject."""
        if left.constant is not None and right.constant is not None:
            number = _calculate(operator, left.constant.value, right.constant.value)
            return None if number is None else of_constant(number)
        subject = self._joint_subject(operator, left, right)
        return None if subject is None else of_thing(Symbol(*subject))

    def _joint_subject(self, operator: str, left: Value, right: Value) -> Subject | None:
        first, second = self._operand(left), self._operand(right)
        if first is None or second is None:
            return None
        text = f"({first[0]} {operator} {second[0]})"
        return None if len(text) > LONGEST_SUBJECT else (text, first[1] | second[1])

    def _operand(self, value: Value) -> Subject | None:
        constant = value.constant
        if constant is not None:
            return repr(constant.value), frozenset()
        return self.subject(value)

    def subject(self, value: Value) -> Subject | None:
        """What a value that is unknown but stable is called."""
        if value.connected or value.derived:
            return None
        thing = value.only_thing
        if isinstance(thing, Symbol):
            return thing.subject, thing.variables
        if isinstance(thing, Condition):
            sign = "not " if thing.negated else ""
            constant = "" if thing.constant is None else f"={thing.constant.value!r}"
            return f"{sign}{thing.subject}{constant}", thing.variables
        identity = value.only_object
        if isinstance(thing, Result):
            identity = self.machine.results.identity(thing)
        if identity is None:
            return None
        condition = self.machine.conditions.of_object(identity)
        return condition.subject, condition.variables


def _is_none(value: Value) -> bool:
    return value.constant == NO_OBJECT


def _fold(operator: str, left: Constant | None, right: Constant | None) -> bool | None:
    if left is None or right is None:
        return None
    match operator:
        case "==" | "is":
            return left.value == right.value
        case "!=" | "is not":
            return left.value != right.value
        case "in" | "not in" if isinstance(left.value, str) and isinstance(right.value, str):
            return (left.value in right.value) is (operator == "in")
    try:
        match operator:
            case "<":
                return bool(left.value < right.value)  # type: ignore[operator]
            case "<=":
                return bool(left.value <= right.value)  # type: ignore[operator]
            case ">":
                return bool(left.value > right.value)  # type: ignore[operator]
            case ">=":
                return bool(left.value >= right.value)  # type: ignore[operator]
    except TypeError:
        return None
    return None


def _calculate(operator: str, left: object, right: object) -> object:
    if operator == "+" and isinstance(left, str) and isinstance(right, str):
        text = left + right
        return text if len(text) <= LONGEST_SUBJECT else None
    if not isinstance(left, int | float) or not isinstance(right, int | float):
        return None
    try:
        match operator:
            case "+":
                return left + right
            case "-":
                return left - right
            case "*":
                return left * right
            case "/":
                return left / right
    except (ZeroDivisionError, OverflowError):
        return None
    return None
