"""Comprehensions and generators: values that come one after the other.

The elements are kept in the world from the first on, so that an element that a later pass
bears anew is told from it.
"""

from __future__ import annotations

from dataclasses import replace

from flake8_bn_eval.interpret.data.containers import MOST_PASSES, join_values
from flake8_bn_eval.interpret.frames import Frame
from flake8_bn_eval.interpret.machine import Machine
from flake8_bn_eval.modes.objects import Key, Kind
from flake8_bn_eval.modes.things import ObjectId
from flake8_bn_eval.modes.values import UNKNOWN, Value
from flake8_bn_eval.modes.world import World
from flake8_bn_eval.operations import Clause, Comprehension, Expression


class Comprehensions:
    """Evaluates comprehensions."""

    def __init__(self, machine: Machine) -> None:
        self.machine = machine

    def evaluate(
        self,
        expression: Comprehension,
        world: World,
        frame: Frame,
        iterable: Value | None = None,
    ) -> Value:
        """The elements of a comprehension; one that is not written out runs any number of times."""
        kind = Kind.MAPPING if expression.kind == "dict" else Kind.SEQUENCE
        birth = (id(expression), frame.path)
        value = self.machine.containers.bear(kind, {}, None, world, birth)
        identity = value.only_object
        assert identity is not None
        clauses = list(expression.clauses)
        if iterable is None:
            iterable = self.machine.expressions.evaluate(clauses[0].iterable, world, frame)
        self._clause(expression, clauses, iterable, identity, True, world, frame)
        state = world.get(identity)
        return value.descending(*state.contents)

    def _clauses(
        self,
        expression: Comprehension,
        clauses: list[Clause],
        into: ObjectId,
        exact: bool,
        world: World,
        frame: Frame,
    ) -> None:
        if not clauses:
            self._add(expression.elements, into, exact, world, frame)
            return
        iterable = self.machine.expressions.evaluate(clauses[0].iterable, world, frame)
        self._clause(expression, clauses, iterable, into, exact, world, frame)

    def _clause(
        self,
        expression: Comprehension,
        clauses: list[Clause],
        iterable: Value,
        into: ObjectId,
        exact: bool,
        world: World,
        frame: Frame,
    ) -> None:
        clause, *inner = clauses
        iterable = self.machine.generators.consumed(iterable, world, frame)
        elements = self.machine.containers.iterated(iterable, world)
        if elements is None or len(elements) > MOST_PASSES:
            self._any_number(expression, clause, inner, iterable, into, world, frame)
            return
        for element in elements:
            self.machine.assignments.assign(clause.target, element, world, frame)
            passed = self._passes(clause, world, frame)
            if passed is None:
                skipped = world.fork()
                self._clauses(expression, inner, into, False, world, frame)
                world.become(world.fork().join(skipped))
            elif passed:
                self._clauses(expression, inner, into, exact, world, frame)

    def _any_number(
        self,
        expression: Comprehension,
        clause: Clause,
        inner: list[Clause],
        iterable: Value,
        into: ObjectId,
        world: World,
        frame: Frame,
    ) -> None:
        """One pass stands for any number; what it bears stands for any number of objects."""
        skipped = world.fork()
        element = self.machine.containers.element_of(iterable, world)
        element = element.tagged(*self.machine.data.tags_of(clause.iterable))
        self.machine.assignments.assign(clause.target, element, world, frame)
        if self._passes(clause, world, frame) is not False:
            self._clauses(expression, inner, into, False, world, frame)
        for born in world.objects.keys() - skipped.objects.keys():
            state = world.get(born)
            if state.origin is None:
                world.objects[born] = replace(state, many=True)
        world.become(world.fork().join(skipped))

    def _passes(self, clause: Clause, world: World, frame: Frame) -> bool | None:
        """Whether an element passes the conditions of its clause."""
        verdict: bool | None = True
        for condition in clause.conditions:
            value = self.machine.expressions.evaluate(condition, world, frame)
            truth = self.machine.conditions.truth(value, world)
            if truth is False:
                return False
            verdict = verdict and truth
        return verdict

    def _add(
        self, elements: list[Expression], into: ObjectId, exact: bool, world: World, frame: Frame
    ) -> None:
        evaluate = self.machine.expressions.evaluate
        *keys, value = [evaluate(each, world, frame) for each in elements]
        state = world.get(into)
        constant = keys[0].constant if keys else None
        key: Key = len(state.fields)
        if keys:
            exact = exact and constant is not None
            key = None if constant is None else constant.value
        if exact:
            world.put(into, state.with_field(key, value))
        else:
            rest = value if state.rest is None else state.rest.join(value)
            world.put(into, replace(state, rest=rest))

    def generated(self, frame: Frame, world: World) -> Value:
        """What calling a generator function gives: any number of what it yields."""
        values = [value for _, value in frame.yielded]
        element = join_values(values) if values else UNKNOWN
        return self.machine.containers.many(element, world, ("yield", frame.path))
