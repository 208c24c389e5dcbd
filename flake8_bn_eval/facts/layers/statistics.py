"""What a program does with ``track_running_stats`` of layers that are already built.

The flag does not choose between the statistics of the batch and the running ones in
evaluation: the buffers do, if they are not None (torch/nn/modules/batchnorm.py,
`_BatchNorm.forward`).  Whoever drops the buffers as well, or puts the flag back, knows that.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from flake8_bn_eval.facts.written.attributes import AttributeAssignment, Attributes
from flake8_bn_eval.facts.written.bindings import Bindings
from flake8_bn_eval.facts.written.listing import branches, expressions, operations
from flake8_bn_eval.facts.written.natures import Nature, Natures
from flake8_bn_eval.flow.nodes import Node
from flake8_bn_eval.knowledge.words import words_of
from flake8_bn_eval.operations import (
    Assign,
    Attribute,
    Call,
    Check,
    Expression,
    FunctionDefinition,
    Name,
    Negation,
    Operation,
    Place,
    Program,
    describe,
    identifiers,
)

FLAG = "track_running_stats"
BUFFERS = ("running_mean", "running_var")
MODE_METHODS = ("eval", "train")
BRACKETS = frozenset({"__enter__", "__exit__"})
MODE_WORDS = frozenset({"training", "train", "mode"})
OTHER_NORM = "InstanceNorm"
"""In these layers the flag does select the statistics (torch/nn/modules/instancenorm.py)."""


@dataclass(frozen=True, slots=True)
class Toggle:
    """``subject.track_running_stats = on`` as if it were the mode."""

    place: Place
    subject: str
    on: bool


@dataclass(frozen=True, slots=True)
class Reading:
    """``subject.track_running_stats`` is read to learn the mode."""

    place: Place
    subject: str


class Statistics:
    """Finds toggles and readings of the flag."""

    def __init__(
        self, program: Program, attributes: Attributes, natures: Natures, bindings: Bindings
    ) -> None:
        self._program = program
        self._attributes = attributes
        self._natures = natures
        self._bindings = bindings

    def toggles(self) -> Iterator[Toggle]:
        """The assignments that are meant as a switch of the mode."""
        for each in self._candidates:
            if self._is_switch(each):
                yield Toggle(each.place, each.subject, bool(each.literal))

    @cached_property
    def _candidates(self) -> list[AttributeAssignment]:
        return [
            each
            for each in self._attributes.assignments(FLAG)
            if isinstance(each.literal, bool)
            and self._natures.instance(each.owner, each.function) is None
            and not self._is_deliberate(each)
        ]

    def _is_deliberate(self, assignment: AttributeAssignment) -> bool:
        function = assignment.function
        if function is not None and (function.name in BRACKETS or function.generator):
            return True
        if any(each.function is function for each in self._attributes.assignments(*BUFFERS)):
            return True
        return self._is_put_back(assignment) or self._concerns_other_norms(function)

    def _is_put_back(self, assignment: AttributeAssignment) -> bool:
        """The same function gives the flag another value as well."""
        if assignment.function is None:
            return False
        return any(
            each.function is assignment.function and each.literal != assignment.literal
            for each in self._attributes.assignments(FLAG)
        )

    def _concerns_other_norms(self, function: FunctionDefinition | None) -> bool:
        named = {
            name
            for operation in operations(self._body(function))
            for each in expressions(operation)
            if isinstance(each, Attribute | Name)
            for name in identifiers(each)
            if "Norm" in name
        }
        return bool(named) and all(OTHER_NORM in each for each in named)

    def _body(self, function: FunctionDefinition | None) -> Node:
        return self._program.body if function is None else function.body

    def _is_switch(self, assignment: AttributeAssignment) -> bool:
        function = assignment.function
        if self._natures.of(assignment.owner, function) is Nature.LEAF:
            return True
        if any(
            each.literal is not assignment.literal and each.function is not function
            for each in self._candidates
        ):
            return True
        return self._sets_mode(function) or any(
            self._sets_mode(user) for user in self._users(function)
        )

    def _sets_mode(self, function: FunctionDefinition | None) -> bool:
        calls = self._attributes.calls(*MODE_METHODS)
        return any(call.function is function for call in calls)

    def _users(self, function: FunctionDefinition | None) -> set[FunctionDefinition | None]:
        """The bodies that call a function or hand it to ``apply``."""
        if function is None:
            return set()
        bodies: list[FunctionDefinition | None] = [None, *self._program.functions]
        return {body for body in bodies if function in self._used_in(body)}

    def _used_in(self, body: FunctionDefinition | None) -> Iterator[object]:
        for operation in operations(self._body(body)):
            for call in expressions(operation):
                if isinstance(call, Call):
                    for each in (call.callee, *call.arguments):
                        if isinstance(each, Name | Attribute):
                            yield from self._bindings.meanings(each)

    # Reading

    def readings(self) -> Iterator[Reading]:
        """Where the flag is taken for the mode."""
        for function in (None, *self._program.functions):
            body = self._body(function)
            for operation in operations(body):
                for place, value in self._taken_for_mode(operation):
                    if not isinstance(value, Negation):
                        # Without running statistics the batch's are used: that is a right `not`.
                        yield from self._reading(place, value, function)
            for branch in branches(body):
                check = branch.condition
                if isinstance(check, Check) and (
                    _sets_mode(branch.then) or _sets_mode(branch.otherwise)
                ):
                    yield from self._reading(check.place, check.condition, function)

    def _taken_for_mode(self, operation: Operation) -> Iterator[tuple[Place, Expression]]:
        if isinstance(operation, Assign) and any(
            isinstance(target, Name | Attribute) and _means_mode(describe(target))
            for target in operation.targets
        ):
            yield operation.place, operation.value
        for call in expressions(operation):
            if isinstance(call, Call):
                if isinstance(call.callee, Attribute) and call.callee.name == "train":
                    yield from ((call.place, each) for each in call.arguments)
                for name, value in call.keywords:
                    if name is not None and _means_mode(name):
                        yield call.place, value

    def _reading(
        self, place: Place, value: Expression, function: FunctionDefinition | None
    ) -> Iterator[Reading]:
        flag = value.operand if isinstance(value, Negation) else value
        if isinstance(flag, Attribute) and flag.name == FLAG:
            if self._natures.instance(flag.value, function) is None:
                yield Reading(place, describe(flag.value))


def _means_mode(name: str) -> bool:
    return not MODE_WORDS.isdisjoint(words_of(name.rpartition(".")[2]))


def _sets_mode(body: Node) -> bool:
    """Whether a body calls a method that sets a mode."""
    return any(
        isinstance(call, Call)
        and isinstance(call.callee, Attribute)
        and call.callee.name in MODE_METHODS
        for operation in operations(body)
        for call in expressions(operation)
    )
