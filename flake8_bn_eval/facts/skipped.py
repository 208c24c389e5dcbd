"""What holds only where a loop has no pass at all: nobody trains for no epoch.

The loop of a training ends each pass with an evaluation.  A call behind it finds the module in
evaluation mode, unless the loop was skipped, which is right for the analysis and nobody's case.
"""

from __future__ import annotations

from flake8_bn_eval.facts.choices import tests_around
from flake8_bn_eval.facts.loops import Interval, Loops
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
    body = _body(last, depth, program)
    if body is None:
        return False
    there, here = place_at(last, depth), place_at(record, depth)
    loop = Loops().over(body, there, here)
    if loop is None or _is_conditional(last, depth, loop, program):
        return False
    later = [
        place_at(each, depth)
        for each in changes
        if each.mode is mode and shared_depth(each.stack, record.stack) >= depth
    ]
    return not any(there < place < here for place in later)


def _is_conditional(change: ModeChange, depth: int, loop: Interval, program: Program) -> bool:
    """Whether some test decides about a change, in the loop or in a function called there."""
    for level in range(depth, len(change.stack) + 1):
        body, place = _body(change, level, program), place_at(change, level)
        begin = loop[0] if level == depth else -1
        if body is None or any(test > begin for test in tests_around(body, place)):
            return True
    return False


def _body(change: ModeChange, depth: int, program: Program) -> Node | None:
    if depth == 0:
        return None
    definition = change.stack[depth - 1].definition
    if definition is not None:
        return definition.body
    place: Place = place_at(change, depth)
    return program.body if program.has(place) else None
