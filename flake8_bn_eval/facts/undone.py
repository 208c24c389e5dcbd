"""What is right for the analysis and nobody's case: a mode that something on every way undoes.

The loop of a training ends each pass with an evaluation: a call behind it finds the module in
evaluation mode, unless the loop was skipped, and nobody trains for no epoch.  Or a function sets
the mode and calls the module right after: where objects are no longer told apart, the text tells.
Or parts of the module are put in their modes one by one, after the whole: so it is meant.
"""

from __future__ import annotations

from flake8_bn_eval.facts.choices import are_alternatives
from flake8_bn_eval.facts.loops import END, Loops
from flake8_bn_eval.facts.outcomes import Outcome, outcomes_around
from flake8_bn_eval.flow.nodes import Node
from flake8_bn_eval.interpret.frames import shared_depth
from flake8_bn_eval.interpret.records import ForwardCall, ModeChange, Recorder, place_at
from flake8_bn_eval.lazily import cached_property
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


def is_set_in_parts(
    record: ForwardCall, mode: Mode, recorder: Recorder, program: Program
) -> bool:
    """Whether only some part of the module is put in a mode for the call.

    A function that still runs does so (``if head_only: net.head.train()``), or a helper that only
    sets modes, after which nobody puts the whole module in another one: the rest stays as it is.
    """
    parts = record.family - record.receivers
    changes = [each for each in recorder.mode_changes if each.receiver in record.receivers]
    return any(
        change.stack == record.stack[: len(change.stack)]
        or not _is_used_in(change, record, recorder)
        and _Way(change, record, program).is_last(mode, changes)
        for change in recorder.mode_changes
        if change.mode is mode and change.receiver in parts
    )


def _is_used_in(change: ModeChange, record: ForwardCall, recorder: Recorder) -> bool:
    """Whether the helper that sets a mode calls modules as well, as one that evaluates does."""
    inside = change.stack[: shared_depth(change.stack, record.stack) + 1]
    return any(each.stack[: len(inside)] == inside for each in recorder.forward_calls)


class _Way:
    """The way from a change of a mode to a call, in the innermost function that runs both."""

    def __init__(self, change: ModeChange, record: ForwardCall, program: Program) -> None:
        self.change, self.record, self.program = change, record, program
        self.depth = shared_depth(change.stack, record.stack)
        self.loops = Loops()

    def undoes(self, mode: Mode, changes: list[ModeChange]) -> bool:
        """Whether every way passes the change, and nothing behind it sets the mode again."""
        others = [each for each in changes if each.mode is mode]
        return self._is_always_passed() and not any(map(self._is_between, others))

    def is_last(self, mode: Mode, changes: list[ModeChange]) -> bool:
        """Whether the change comes before the call, and no other mode than this one behind it."""
        others = [each for each in changes if each.mode is not mode]
        before = place_at(self.change, self.depth) < place_at(self.record, self.depth)
        return before and not any(map(self._is_between, others))

    def _is_between(self, other: ModeChange) -> bool:
        """Whether another change comes behind this one, before the call is made or repeated."""
        here, there = place_at(self.change, self.depth), place_at(other, self.depth)
        if shared_depth(other.stack, self.record.stack) < self.depth or there > self._horizon:
            return False
        if _order(self.change, self.depth) >= _order(other, self.depth):
            return False
        body = self._body(self.depth)
        return body is None or not are_alternatives(body, here, there)

    @cached_property
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
            end = float(here) if level == self.depth else END
            if not all(self._is_met(each, body, level) for each in outcomes_around(body, place)):
                return False
            in_loop = in_loop or self.loops.is_over(body, place, end)
        return in_loop or self._is_right_before()

    def _is_met(self, outcome: Outcome, body: Node, level: int) -> bool:
        """Whether a test lets pass who comes to the call: it asks the same, or for the module."""
        if level == len(self.change.stack) and outcome.is_of(self.change.subject):
            return True
        if level > self.depth:
            return False
        called = outcomes_around(body, place_at(self.record, self.depth))
        return any(outcome.is_repeated_in(each, body) for each in called)

    def _is_right_before(self) -> bool:
        """Whether the same function sets the mode of what it calls, itself or by another object."""
        subject, called = self.change.subject, self.record.subject
        by_itself = len(self.change.stack) == self.depth
        if by_itself and subject != called and not subject.startswith(f"{called}.to("):
            return False
        before = place_at(self.change, self.depth) < place_at(self.record, self.depth)
        return before and (not by_itself or len(self.record.stack) == self.depth)

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
