"""Readings of ``track_running_stats`` that are meant to tell the mode.

`eval()` never touches the flag, so it is the same in both modes.  Whether a layer *has*
statistics is what it does tell, and most readings ask that.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from flake8_bn_eval.facts.layers.freezing import FLAG
from flake8_bn_eval.facts.written.listing import branches, expressions, operations
from flake8_bn_eval.facts.written.natures import Natures
from flake8_bn_eval.flow.nodes import Node
from flake8_bn_eval.knowledge.words import words_of
from flake8_bn_eval.operations import (
    Assign,
    Attribute,
    Call,
    Check,
    Conditional,
    Constant,
    Expression,
    FunctionDefinition,
    Junction,
    Name,
    Negation,
    Operation,
    Place,
    Program,
    Raise,
    Return,
)
from flake8_bn_eval.wording import describe

MODE_METHODS = ("eval", "train")
MODE_WORDS = frozenset({"training", "train", "eval", "evaluation", "evaluating", "mode"})
STATISTICS_WORDS = frozenset({"statistics", "stats", "stat", "running", "buffers", "buffer"})


@dataclass(frozen=True, slots=True)
class Reading:
    """``subject.track_running_stats`` is read to learn the mode."""

    place: Place
    subject: str


class Readings:
    """Finds them in one file."""

    def __init__(self, program: Program, natures: Natures) -> None:
        self._program = program
        self._natures = natures

    def found(self) -> Iterator[Reading]:
        """Where the flag is taken for the mode."""
        for function in (None, *self._program.functions):
            body = self._program.body if function is None else function.body
            for place, value in self._taken_for_mode(body, function):
                for owner in self._owners(value, function):
                    yield Reading(place, describe(owner))

    def _owners(
        self, value: Expression, function: FunctionDefinition | None
    ) -> Iterator[Expression]:
        """The layers whose flag a value is, or one of the conditions of."""
        match value:
            case Negation(operand=operand):
                yield from self._owners(operand, function)
            case Junction(operands=operands):
                for each in operands:
                    yield from self._owners(each, function)
            case Attribute(value=owner, name=name) if name == FLAG:
                if self._natures.instance(owner, function) is None:
                    yield owner

    def _taken_for_mode(
        self, body: Node, function: FunctionDefinition | None
    ) -> Iterator[tuple[Place, Expression]]:
        asks_mode = function is not None and _means_mode(function.name)
        for branch in branches(body):
            check = branch.condition
            assert isinstance(check, Check)
            bodies = (branch.then, branch.otherwise)
            if any(_speaks_of_mode(each) or asks_mode and _answers(each) for each in bodies):
                yield check.place, check.condition
        for operation in operations(body):
            yield from _named_mode(operation)
            if isinstance(operation, Return) and operation.value is not None and asks_mode:
                yield operation.place, operation.value


def _named_mode(operation: Operation) -> Iterator[tuple[Place, Expression]]:
    """Values that are given a name of the mode, or handed on as the mode."""
    if isinstance(operation, Assign) and any(
        isinstance(target, Name | Attribute) and _means_mode(describe(target))
        for target in operation.targets
    ):
        yield from _unless_negated(operation.place, operation.value)
    for each in expressions(operation):
        match each:
            case Call():
                if isinstance(each.callee, Attribute) and each.callee.name == "train":
                    for value in each.arguments:
                        yield from _unless_negated(each.place, value)
                for name, value in each.keywords:
                    if name is not None and _means_mode(name):
                        yield from _unless_negated(each.place, value)
            case Conditional(test=test, then=Constant() as then, otherwise=otherwise):
                if any(_is_mode_text(it) for it in (then, otherwise)):
                    yield getattr(operation, "place", 0), test


def _unless_negated(place: Place, value: Expression) -> Iterator[tuple[Place, Expression]]:
    """Without running statistics the batch's are used: that is a right `not`."""
    if not isinstance(value, Negation | Junction):
        yield place, value


def _means_mode(name: str) -> bool:
    return not MODE_WORDS.isdisjoint(words_of(name.rpartition(".")[2]))


def _is_mode_text(expression: Expression) -> bool:
    """A text about the mode, and not about the statistics, which the flag does tell."""
    if not isinstance(expression, Constant) or not isinstance(expression.value, str):
        return False
    said = set(words_of(expression.value))
    return not said.isdisjoint(MODE_WORDS) and said.isdisjoint(STATISTICS_WORDS)


def _speaks_of_mode(body: Node) -> bool:
    """Whether a body sets a mode, or says something about one."""
    return any(
        isinstance(call, Call)
        and isinstance(call.callee, Attribute)
        and call.callee.name in MODE_METHODS
        or isinstance(operation, Raise)
        and _is_mode_text(call)
        or _is_said(call)
        for operation in operations(body)
        for call in expressions(operation)
    )


def _is_said(call: Expression) -> bool:
    """``print("in training mode")``."""
    return (
        isinstance(call, Call)
        and isinstance(call.callee, Name)
        and call.callee.variable[1] == "print"
        and any(_is_mode_text(each) for each in call.arguments)
    )


def _answers(body: Node) -> bool:
    """Whether a body returns True or False."""
    return any(
        isinstance(operation, Return)
        and isinstance(operation.value, Constant)
        and isinstance(operation.value.value, bool)
        for operation in operations(body)
    )
