"""What holds only where a loop has no pass at all: nobody trains for no epoch.

The loop of a training ends each pass with an evaluation.  A call behind it finds the module in
evaluation mode, unless the loop was skipped, which is right for the analysis and nobody's case.
"""

from __future__ import annotations

from flake8_bn_eval.facts.choices import tests_around
from flake8_bn_eval.facts.loops import END, Loops
from flake8_bn_eval.flow.nodes import Node
from flake8_bn_eval.interpret.frames import shared_depth
from flake8_bn_eval.interpret.records import ForwardCall, ModeChange, Recorder, place_at
from flake8_bn_eval.modes.lattice import Mode
from flake8_bn_eval.operations import Place, Program


def is_left_by_no_pass(
    record: ForwardCall, mode: Mode, recorder: Recorder, program: Program
) -> bool:
    """Whether each pass of a loop before the call puts the module in another mode at its end."""
    if record.modes.must_be(mode):
        return False
    changes = [each for each in recorder.mode_changes if each.receiver in record.receivers]
    return any(
        _ends_each_pass(change, changes, record, mode, program)
        for change in changes
        if change.mode is not mode
    )


def _ends_each_pass(
    last: ModeChange, changes: list[ModeChange], record: ForwardCall, mode: Mode, program: Program
) -> bool:
    depth = shared_depth(last.stack, record.stack)
    if not _is_always_passed(last, record, depth, program):
        return False
    end, here = _order(last, depth), _order(record, depth)
    return not any(
        each.mode is mode
        and shared_depth(each.stack, record.stack) >= depth
        and end < _order(each, depth) < here
        for each in changes
    )


def _order(happened: ForwardCall | ModeChange, depth: int) -> tuple[Place, ...]:
    """When something happens among all that one function does."""
    return tuple(place_at(happened, level) for level in range(depth, len(happened.stack) + 1))


def _is_always_passed(
    change: ModeChange, record: ForwardCall, depth: int, program: Program
) -> bool:
    """Whether a loop that is over when the call is made does it in each of its passes."""
    loops, here, found = Loops(), place_at(record, depth), False
    for level in range(depth, len(change.stack) + 1):
        body, place = _body(change, level, program), place_at(change, level)
        if body is None:
            return False
        tests, end = set(tests_around(body, place)), END
        if level == depth:
            tests, end = tests.difference(tests_around(body, here)), float(here)
        if tests:
            return False
        found = found or loops.is_over(body, place, end)
    return found or _is_right_before(change, record)


def _is_right_before(change: ModeChange, record: ForwardCall) -> bool:
    """Whether the same function sets the mode of the very thing that it calls later."""
    same = change.subject == record.subject or change.subject.startswith(f"{record.subject}.to(")
    return same and change.stack == record.stack and change.place < record.place


def _body(change: ModeChange, depth: int, program: Program) -> Node | None:
    if depth == 0:
        return None
    definition = change.stack[depth - 1].definition
    if definition is not None:
        return definition.body
    return program.body if program.has(place_at(change, depth)) else None
