"""What is right for the analysis and nobody's case: a mode that something on every way undoes.

The loop of a training ends each pass with an evaluation: a call behind it finds the module in
evaluation mode, unless the loop was skipped, and nobody trains for no epoch.  Or a function sets
the mode and calls the module right after: where objects are no longer told apart, the text tells.
"""

from __future__ import annotations

from flake8_bn_eval.facts.choices import tests_around
from flake8_bn_eval.facts.loops import END, Loops
from flake8_bn_eval.flow.nodes import Node
from flake8_bn_eval.interpret.frames import shared_depth
from flake8_bn_eval.interpret.records import ForwardCall, ModeChange, Recorder, place_at
from flake8_bn_eval.modes.lattice import Mode
from flake8_bn_eval.operations import Place, Program


def is_undone(record: ForwardCall, mode: Mode, recorder: Recorder, program: Program) -> bool:
    """Whether each module that may be called in a mode is put in another one on the way there."""
    if record.modes.must_be(mode):
        return False
    changes = [each for each in recorder.mode_changes if each.receiver in record.receivers]
    undoing = {
        change.receiver
        for change in changes
        if change.mode is not mode and _Way(change, record, program).undoes(mode, changes)
    }
    return bool(undoing) and undoing >= (record.modules or record.receivers)


class _Way:
    """The way from a change of a mode to a call, in the innermost function that runs both."""

    def __init__(self, change: ModeChange, record: ForwardCall, program: Program) -> None:
        self.change, self.record, self.program = change, record, program
        self.depth = shared_depth(change.stack, record.stack)
        self.loops = Loops()

    def undoes(self, mode: Mode, changes: list[ModeChange]) -> bool:
        """Whether every way passes the change, and nothing behind it sets the mode again."""
        if not self._is_always_passed():
            return False
        behind, horizon = _order(self.change, self.depth), self._horizon()
        return not any(
            each.mode is mode
            and shared_depth(each.stack, self.record.stack) >= self.depth
            and behind < _order(each, self.depth)
            and place_at(each, self.depth) <= horizon
            for each in changes
        )

    def _horizon(self) -> float:
        """The end of the loops that repeat the call and not the change."""
        body, here = self._body(self.depth), place_at(self.record, self.depth)
        there = place_at(self.change, self.depth)
        repeating = () if body is None else self.loops.intervals(body)
        ends = [end for start, end in repeating if start <= here < end and not start <= there < end]
        return max([here, *ends])

    def _is_always_passed(self) -> bool:
        """Whether no test decides about the change, which is over when the call is made."""
        here, in_loop = place_at(self.record, self.depth), False
        for level in range(self.depth, len(self.change.stack) + 1):
            body, place = self._body(level), place_at(self.change, level)
            if body is None:
                return False
            tests, end = set(tests_around(body, place)), END
            if level == self.depth:
                tests, end = tests.difference(tests_around(body, here)), float(here)
            if tests:
                return False
            in_loop = in_loop or self.loops.is_over(body, place, end)
        return in_loop or self._is_right_before()

    def _is_right_before(self) -> bool:
        """Whether the same function sets the mode of what it calls, itself or by another object."""
        subject, called = self.change.subject, self.record.subject
        by_itself = len(self.change.stack) == self.depth
        if by_itself and subject != called and not subject.startswith(f"{called}.to("):
            return False
        before = place_at(self.change, self.depth) < self.record.place
        return before and len(self.record.stack) == self.depth

    def _body(self, level: int) -> Node | None:
        if level == 0:
            return None
        definition = self.change.stack[level - 1].definition
        if definition is not None:
            return definition.body
        return self.program.body if self.program.has(place_at(self.change, level)) else None


def _order(change: ModeChange, depth: int) -> tuple[Place, ...]:
    """When something happens among all that one function does."""
    return tuple(place_at(change, level) for level in range(depth, len(change.stack) + 1))
