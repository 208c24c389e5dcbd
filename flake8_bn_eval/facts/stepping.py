"""Which modules an optimizer trains, and which of their calls it takes a step for."""

from __future__ import annotations

from flake8_bn_eval.interpret.frames import shared_depth
from flake8_bn_eval.interpret.records import ForwardCall, OptimizerStep, Recorder


def is_stepped(record: ForwardCall, recorder: Recorder) -> bool:
    """Whether an optimizer that may hold the module takes a step where the call comes from.

    A helper that differentiates may be shared with an evaluation, which takes none.
    """
    family = record.family
    steps = [
        step
        for step in recorder.steps
        if step.targets is None or not family.isdisjoint(step.targets)
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


def _nearness(step: OptimizerStep, record: ForwardCall) -> int:
    """How many of the functions that run when a call happens also run at a step."""
    return shared_depth(step.stack, record.stack)
