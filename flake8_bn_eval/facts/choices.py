"""Whether a mode is what somebody has chosen: an unseen caller, or the user by an option."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

from flake8_bn_eval.facts.outcomes import side_of
from flake8_bn_eval.facts.written.listing import branches
from flake8_bn_eval.flow.nodes import Branch, Jump, Node, Sequence
from flake8_bn_eval.interpret.frames import Site
from flake8_bn_eval.interpret.records import (
    Assumptions,
    ForwardCall,
    ModeChange,
    Observation,
    Recorder,
    place_at,
)
from flake8_bn_eval.modes.evidence import Use
from flake8_bn_eval.modes.lattice import Gradient, Mode
from flake8_bn_eval.operations import Place


def is_callers_choice(record: ForwardCall, mode: Mode) -> bool:
    """Whether a flag decides about this mode: an unseen caller's, or an option of the user."""
    return _is_decided(record, mode, lambda seen: seen.flags)


def is_option(record: ForwardCall, mode: Mode, recorder: Recorder) -> bool:
    """Whether a test decides, of which one branch sets this mode and the other one another.

    ``if finetune: encoder.train()``, ``else: encoder.eval()``: the frozen encoder is meant.
    """
    if not _is_decided(record, mode, lambda seen: seen.assumed):
        return False
    places = _setting(record, mode)
    changes = [each for each in recorder.mode_changes if each.receiver in record.receivers]
    return any(
        _are_alternatives(here, there)
        for here in changes
        if here.mode is mode and here.place in places
        for there in changes
        if there.mode is not mode and there.stack == here.stack
    )


def is_own_choice(record: ForwardCall, depth: int, mode: Mode, recorder: Recorder) -> bool:
    """Whether a running function has put the module in this mode, in no other, and trains nothing.

    ``depth`` is that of the function on the way to the call.
    """
    stack, place = record.stack[:depth], place_at(record, depth)
    places = _setting(record, mode)
    own = [
        each
        for each in recorder.mode_changes
        if each.stack == stack and each.receiver in record.receivers
    ]
    if not any(each.place in places and each.place < place for each in own):
        return False
    return not _trains(stack, recorder) and all(each.mode is mode for each in own)


def is_compared(record: ForwardCall, mode: Mode, recorder: Recorder) -> bool:
    """Whether a function that trains nothing calls the module in either mode, and sets both."""
    own = {
        each.mode
        for each in recorder.mode_changes
        if each.stack == record.stack and each.receiver in record.receivers
    }
    if not own >= {Mode.TRAIN, Mode.EVAL} or _trains(record.stack, recorder):
        return False
    return record.modes.must_be(mode) and any(
        other.stack == record.stack
        and not other.receivers.isdisjoint(record.receivers)
        and not other.modes.may_be(mode)
        for other in recorder.forward_calls
    )


def is_chosen_with_gradients(record: ForwardCall, recorder: Recorder) -> bool:
    """Whether a test decides if gradients are recorded: otherwise the same is called without.

    ``if needs_graph: return self.run(x)``, then ``with torch.no_grad(): return self.run(x)``.
    """
    return any(
        _is_other_way(record, other)
        for other in recorder.forward_calls
        if other.place == record.place and other.gradients.must_be(Gradient.OFF)
    )


def _is_other_way(record: ForwardCall, other: ForwardCall) -> bool:
    """Whether two ways to a call part at a test: by two calls of the same function."""
    if len(record.stack) != len(other.stack):
        return False
    for (outer, here), (_, there) in zip(
        pairwise(record.stack), pairwise(other.stack), strict=True
    ):
        if here.definition is not there.definition:
            return False
        if here.call != there.call:
            definition = outer.definition
            if definition is None or here.call is None or there.call is None:
                return False
            return are_alternatives(definition.body, here.call, there.call)
    return False


def is_given_back(record: ForwardCall, mode: Mode, recorder: Recorder) -> bool:
    """Whether the function that has put a module in a mode returns its output with the graph."""
    places = _setting(record, mode)
    chosen = any(
        each.place in places and each.stack == record.stack for each in recorder.mode_changes
    )
    return chosen and Use.RETURNED in record.uses


def _setting(record: ForwardCall, mode: Mode) -> set[Place]:
    """The places that have put the module into a mode."""
    return {remark.place for remark in record.modes.witness(mode)}


def _trains(stack: tuple[Site, ...], recorder: Recorder) -> bool:
    """Whether something is differentiated in a running function, or in what it calls."""
    depth = len(stack)
    return any(each.stack[:depth] == stack for each in recorder.differentiations)


def _is_decided(
    record: ForwardCall, mode: Mode, answers: Callable[[Observation], Assumptions]
) -> bool:
    """Whether it is in this mode only where some question is answered in one way."""
    seen = record.observations
    with_mode = [answers(each) for each in seen if mode in each.modes]
    for question, truth in frozenset.intersection(*with_mode) if with_mode else ():
        others = [each for each in seen if (question, not truth) in answers(each)]
        if others and not any(mode in each.modes for each in others):
            return True
    return False


def are_alternatives(body: Node, one: Place, other: Place) -> bool:
    """Whether a test of a body decides which of two places is come to."""
    first, second = sorted((one, other))
    return any(_chooses(branch, first, second) for branch in branches(body))


def _chooses(branch: Branch, first: Place, second: Place) -> bool:
    """They are on its two sides, or the first is on one that leads away from the second."""
    side, further = side_of(branch, first), side_of(branch, second)
    if side is None or further is not None:
        return side is not None and further is not side
    return _leaves(branch.then if side else branch.otherwise)


def _leaves(node: Node) -> bool:
    """Whether nothing behind a part of a body is come to from it, as it ends."""
    while isinstance(node, Sequence) and node.nodes:
        node = node.nodes[-1]
    return isinstance(node, Jump)


def _are_alternatives(one: ModeChange, other: ModeChange) -> bool:
    definition = one.stack[-1].definition
    return definition is not None and are_alternatives(definition.body, one.place, other.place)
