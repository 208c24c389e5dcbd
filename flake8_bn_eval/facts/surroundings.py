"""What a program does around a forward call: in the same pass of its loops, on the way to it."""

from __future__ import annotations

from dataclasses import dataclass, field

from flake8_bn_eval.facts.loops import Loops
from flake8_bn_eval.flow.nodes import Node
from flake8_bn_eval.interpret.frames import Site, shared_depth
from flake8_bn_eval.interpret.records import Differentiation, ForwardCall, Recorder, place_at
from flake8_bn_eval.lazily import cached_property
from flake8_bn_eval.modes.evidence import Use
from flake8_bn_eval.modes.lattice import Mode
from flake8_bn_eval.modes.things import ObjectId
from flake8_bn_eval.operations import FunctionDefinition, Place, Program
from flake8_bn_eval.wording import describe

Stack = tuple[Site, ...]


@dataclass(slots=True)
class _Changes:
    """What one function does to the modes of modules."""

    evaluated: set[ObjectId] = field(default_factory=set)
    training: set[Place] = field(default_factory=set)
    """Where it puts something in training mode."""


class Surroundings:
    """What trains and what evaluates around the forward calls of one file."""

    def __init__(self, recorder: Recorder, program: Program) -> None:
        self.recorder = recorder
        self.program = program
        self._loops = Loops()

    def is_part_of_step(self, record: ForwardCall) -> bool:
        """Whether another output of the same pass of a function is differentiated."""
        return len(record.stack) > 1 and any(
            self._share_pass(each, record) for each in self._trained.get(record.stack, ())
        )

    def is_part_of_returned(self, record: ForwardCall) -> bool:
        """Whether it leaves with its graph, or its numbers do beside another output with a graph.

        Labels that a model has made up are part of the loss, which somebody else differentiates.
        """
        if Use.RETURNED in record.uses:
            return True
        return Use.RETURNED_DATA in record.uses and record.stack in self._returning

    def _share_pass(self, first: ForwardCall, second: ForwardCall) -> bool:
        body = self._body(first.stack[-1], first.place)
        innermost = self._loops.innermost
        return body is None or innermost(body, first.place) == innermost(body, second.place)

    def is_in_loop(self, record: ForwardCall) -> bool:
        """Whether the innermost function of a call makes it in a loop."""
        body = self._body(record.stack[-1], record.place)
        return body is not None and self._loops.innermost(body, record.place) is not None

    def runs_once(self, record: ForwardCall) -> bool:
        """Whether a script makes a call once: no loop repeats it, and nothing unseen can."""
        return record.stack[0].definition is None and all(
            self._is_made_once(record, depth) for depth in range(1, len(record.stack) + 1)
        )

    def _is_made_once(self, record: ForwardCall, depth: int) -> bool:
        """Whether one function on the way makes its call once, and by the name of what it calls.

        What is handed on, as in ``map(model, images)``, may be called any number of times.
        """
        site, place = record.stack[depth - 1], place_at(record, depth)
        body = self._body(site, record.place)
        if body is None or self._loops.repeats(body, place):
            return False
        callee = record.subject if depth == len(record.stack) else record.stack[depth].name
        calls = self.program.calls if site.definition is None else site.definition.calls
        return any(
            call.place == place and describe(call.callee).endswith(callee) for call in calls
        )

    def serves_training(self, record: ForwardCall) -> bool:
        """Whether something is differentiated once in the pass in which this is called."""
        return any(
            self._is_beside(event, record, shared_depth(event.stack, record.stack))
            for event in self.recorder.differentiations
        )

    def trains(self, record: ForwardCall) -> bool:
        """In this call context, the function asks for a gradient in the same pass, of whatever."""
        depth = len(record.stack)
        return any(
            event.stack[:depth] == record.stack and self._is_beside(event, record, depth)
            for event in self.recorder.differentiations
        )

    def _is_beside(self, event: Differentiation, record: ForwardCall, depth: int) -> bool:
        """Whether two things happen once in the same pass of what runs both of them."""
        if depth == 0:
            return False
        body = self._body(record.stack[depth - 1], record.place)
        if body is None:
            return True
        here, there = place_at(record, depth), place_at(event, depth)
        loop = self._loops.innermost(body, here)
        if self._loops.innermost(body, there) != loop:
            return False
        if loop is None and len(event.stack) > depth:
            # One after the other in a body that runs once: `train(model)`, `test(model)`.
            return len(record.stack) == depth and self._is_step(event)
        return not self._repeats(event, depth)

    def _is_step(self, event: Differentiation) -> bool:
        """Whether a body runs once for each differentiation, as that of a training step."""
        return not self._repeats(event, 1) and event.stack[0].definition is not None

    def _repeats(self, event: Differentiation, depth: int) -> bool:
        """Whether it happens in a loop of one of the functions that are entered from a depth."""
        for level in range(depth + 1, len(event.stack) + 1):
            body = self._body(event.stack[level - 1], event.place)
            if body is not None:
                if self._loops.innermost(body, place_at(event, level)) is not None:
                    return True
        return False

    def _body(self, site: Site, place: Place) -> Node | None:
        """What runs at one level of a stack; None for the body of another file."""
        if site.definition is not None:
            return site.definition.body
        return self.program.body if self.program.has(place) else None

    def evaluates(self, record: ForwardCall) -> bool:
        """The function puts a module in evaluation mode and differentiates nothing.

        One that has put the very module that it calls in training mode, and only others in
        evaluation mode, computes the loss of that one.
        """
        definition = record.stack[-1].definition
        if definition is None or self.trains(record):
            return False
        own = self._changes.get(definition, _Changes())
        if not own.evaluated.isdisjoint(record.receivers):
            return True
        training = {remark.place for remark in record.modes.witness(Mode.TRAIN)}
        return bool(own.evaluated) and own.training.isdisjoint(training)

    def is_switched_to_evaluation(self, record: ForwardCall) -> bool:
        """A function that is still running has put this module where it is: in evaluation mode."""
        if record.trained or record.auxiliary or not record.modes.must_be(Mode.EVAL):
            return False
        places = {remark.place for remark in record.modes.witness(Mode.EVAL)}
        running = {record.stack[:depth] for depth in range(1, len(record.stack) + 1)}
        by_object, by_place = self._evaluated
        return any(
            not running.isdisjoint(stacks)
            for stacks in (
                *(by_object.get(receiver, ()) for receiver in record.receivers),
                *(by_place.get(place, ()) for place in places),
            )
        )

    # What was recorded, by what is asked for

    @cached_property
    def _trained(self) -> dict[Stack, list[ForwardCall]]:
        """The forward calls whose output is differentiated, by the functions that are running."""
        trained: dict[Stack, list[ForwardCall]] = {}
        for each in self.recorder.forward_calls:
            if each.trained:
                trained.setdefault(each.stack, []).append(each)
        return trained

    @cached_property
    def _returning(self) -> set[Stack]:
        """Where an output is returned with its graph."""
        return {
            each.stack for each in self.recorder.forward_calls if Use.RETURNED in each.uses
        }

    @cached_property
    def _changes(self) -> dict[FunctionDefinition | None, _Changes]:
        """What is done to modes, by the function that does it."""
        changes: dict[FunctionDefinition | None, _Changes] = {}
        for change in self.recorder.mode_changes:
            own = changes.setdefault(change.stack[-1].definition, _Changes())
            if change.mode is Mode.EVAL:
                own.evaluated.add(change.receiver)
            elif change.mode is Mode.TRAIN:
                own.training.add(change.place)
        return changes

    @cached_property
    def _evaluated(self) -> tuple[dict[ObjectId, set[Stack]], dict[Place, set[Stack]]]:
        """From where each object is put in evaluation mode, and each place puts something in it."""
        by_object: dict[ObjectId, set[Stack]] = {}
        by_place: dict[Place, set[Stack]] = {}
        for change in self.recorder.mode_changes:
            if change.mode is Mode.EVAL:
                by_object.setdefault(change.receiver, set()).add(change.stack)
                by_place.setdefault(change.place, set()).add(change.stack)
        return by_object, by_place
