"""Which modules an optimizer trains, and which of their calls it takes a step for."""

from __future__ import annotations

from flake8_bn_eval.facts.loops import Loops
from flake8_bn_eval.flow.nodes import Node
from flake8_bn_eval.interpret.frames import shared_depth
from flake8_bn_eval.interpret.records import ForwardCall, OptimizerStep, Recorder, place_at
from flake8_bn_eval.modes.lattice import Mode
from flake8_bn_eval.operations import Place, Program


def is_stepped(record: ForwardCall, recorder: Recorder) -> bool:
    """Whether an optimizer that may hold the module takes a step where the call comes from.

    A helper that differentiates may be shared with an evaluation, which takes none.
    """
    steps = [
        step
        for step in recorder.steps
        if _may_train(step, record) and not _is_anothers(step, record, recorder)
    ]
    alike = [each for each in recorder.forward_calls if each.place == record.place and each.trained]
    nearest = max((_nearness(step, each) for step in steps for each in alike), default=0)
    return any(_nearness(step, record) >= min(nearest, len(step.stack)) for step in steps)


def is_in_optimizer(record: ForwardCall, recorder: Recorder) -> bool:
    """Whether an optimizer in sight holds parameters of the module."""
    return any(
        step.targets is not None and not record.family.isdisjoint(step.targets)
        for step in recorder.steps
    )


def is_taught(record: ForwardCall, recorder: Recorder, program: Program) -> bool:
    """Whether the module, or a part of it, is trained in sight, or averages what is trained.

    What is only taught after the call is not yet.
    """
    trained = any(
        other.trained
        and not other.family.isdisjoint(record.family)
        and not _comes_later(other, record, program)
        for other in recorder.forward_calls
    )
    averaged = any(each.module in record.family for each in recorder.averages)
    return trained or averaged or any(
        step.targets is not None
        and not record.family.isdisjoint(step.targets)
        and not _comes_later(step, record, program)
        for step in recorder.steps
    )


def _comes_later(
    event: ForwardCall | OptimizerStep, record: ForwardCall, program: Program
) -> bool:
    """Whether something happens behind a call, and no loop comes back to the call after it."""
    depth = shared_depth(event.stack, record.stack)
    definition = record.stack[depth - 1].definition if depth else None
    here, there = place_at(record, depth), place_at(event, depth)
    if not depth or definition is None and not program.has(here):
        return False
    loops = Loops().intervals(program.body if definition is None else definition.body)
    return here < there and not any(start <= here and there < end for start, end in loops)


def is_trained_through(record: ForwardCall, recorder: Recorder, program: Program) -> bool:
    """Whether the function that differentiates has put the module in evaluation mode for that.

    It does so right before, in the same pass of the same loop, or of one around it where nothing
    is predicted in between; or it does so once, and no step of its own trains the module: others
    are trained through it, or gradients are measured.
    """
    places = {remark.place for remark in record.modes.witness(Mode.EVAL)}
    body = _body(record, program)
    set_here = [
        change.place
        for change in recorder.mode_changes
        if change.place in places and change.stack == record.stack and change.place < record.place
    ]
    loops = Loops()
    here, around = loops.innermost(body, record.place), loops.around(body, record.place)
    for place in set_here:
        loop = loops.innermost(body, place)
        if loop == here or loop in around and not _is_used_between(place, record, recorder):
            return True
    return bool(set_here) and not any(
        step.stack[: len(record.stack)] == record.stack and _may_train(step, record)
        for step in recorder.steps
    )


def _is_used_between(place: Place, record: ForwardCall, recorder: Recorder) -> bool:
    """Whether the module is called between a place and a call: evaluated, before it is trained."""
    depth = len(record.stack)
    return any(
        place < place_at(other, depth) < record.place
        for other in recorder.forward_calls
        if other.stack[:depth] == record.stack and not other.receivers.isdisjoint(record.receivers)
        if len(other.stack) > depth or other.subject == record.subject
    )


def is_adapted(record: ForwardCall, recorder: Recorder, program: Program) -> bool:
    """Whether a loop before the call, in the same pass, trains the module: it is adapted first."""
    body, loops = _body(record, program), Loops()
    here = loops.innermost(body, record.place)
    for other in recorder.forward_calls:
        if other.trained and other.stack == record.stack and other.place < record.place:
            around = loops.around(body, other.place)
            inner = here is None or here in around
            if inner and max(around, default=None) != here:
                if not other.receivers.isdisjoint(record.receivers):
                    return True
    return False


def is_adapted_by_hand(record: ForwardCall, recorder: Recorder) -> bool:
    """Whether the function itself trains the module, and no optimizer takes a step there.

    So a learner is fitted to a task before it is measured on it, in the mode of its training.
    """
    depth = len(record.stack)
    trained = any(
        other.trained
        and other.stack == record.stack
        and not other.receivers.isdisjoint(record.receivers)
        for other in recorder.forward_calls
    )
    return trained and not any(
        step.stack[:depth] == record.stack and _may_train(step, record) for step in recorder.steps
    )


def _body(record: ForwardCall, program: Program) -> Node:
    definition = record.stack[-1].definition
    return program.body if definition is None else definition.body


def _may_train(step: OptimizerStep, record: ForwardCall) -> bool:
    return step.targets is None or not record.family.isdisjoint(step.targets)


def _is_anothers(step: OptimizerStep, record: ForwardCall, recorder: Recorder) -> bool:
    """Whether a step belongs to a function that differentiates for itself, something else.

    One that gathers gradients, to weigh the parameters by them, is called beside the training.
    """
    depth = _nearness(step, record) + 1
    around = step.stack[:depth]
    inside = [each for each in recorder.differentiations if each.stack[:depth] == around]
    if len(around) < depth or not inside:
        return False
    return not any(record.identity in each.connected for each in inside)


def _nearness(step: OptimizerStep, record: ForwardCall) -> int:
    """How many of the functions that run when a call happens also run at a step."""
    return shared_depth(step.stack, record.stack)
