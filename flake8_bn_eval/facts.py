"""What rules may read: the records of an interpretation, and what they are evidence of.

The *purpose* of a forward call is evidence, never a guess by name alone: what happens
to its output decides first, then where its input comes from, then what the functions
around it are called.  Where the evidence is thin or divided the purpose is unknown.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from enum import Enum
from functools import cached_property

from flake8_bn_eval.findings import Remark, Report
from flake8_bn_eval.interpret.frames import MODULE_NAME, Site
from flake8_bn_eval.interpret.records import (
    Assumptions,
    Differentiation,
    Event,
    ForwardCall,
    Misuse,
    ModeChange,
    Recorder,
    Reveal,
)
from flake8_bn_eval.knowledge.lookup import Knowledge
from flake8_bn_eval.knowledge.words import mentions
from flake8_bn_eval.modes.evidence import Tag, Use
from flake8_bn_eval.modes.lattice import Gradient, Mode
from flake8_bn_eval.modes.objects import Sensitivity
from flake8_bn_eval.modes.values import ObjectId

MODULE_METHODS = frozenset(
    {
        "train", "eval", "parameters", "named_parameters", "state_dict", "load_state_dict",
        "modules", "named_modules", "children", "named_children", "zero_grad", "buffers",
    }
)  # fmt: skip


MOVING_METHODS = frozenset({"to", "cuda", "half", "float"})
"""Methods of modules that tensors have as well."""


class Purpose(Enum):
    """What a forward call is for."""

    TRAINING = "training"
    INFERENCE = "inference"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, eq=False)
class Forward:
    """A forward call in one call context, with what it is for.

    ``region`` is the innermost function that it stands in.  ``firm`` tells that the
    purpose does not rest on circumstances alone.
    """

    record: ForwardCall
    purpose: Purpose
    firm: bool
    is_module: bool
    guessed: bool
    """An unknown name called on a module: one of its layers, or a method that uses some."""
    measures: bool
    """It is part of measuring a model over data, rather than of an answer to a caller."""

    @property
    def subject(self) -> str:
        """The callee as it is written."""
        return self.record.subject

    @property
    def place(self) -> int:
        """Where it is called."""
        return self.record.place

    @property
    def region(self) -> Site:
        """The innermost function."""
        return self.record.stack[-1]

    @property
    def is_inference(self) -> bool:
        """A forward call of a module for its predictions."""
        if not self.record.uses:
            # Nobody looks at the output: it is run for what it does to the module.
            return False
        if self.guessed and not {Use.READ, Use.DETACHED} & self.record.uses:
            return False
        return self._counts and self.purpose is Purpose.INFERENCE

    @property
    def is_training(self) -> bool:
        """A forward call of a module whose output is differentiated."""
        return self._counts and self.purpose is Purpose.TRAINING

    @property
    def _counts(self) -> bool:
        return self.is_module and not self.record.inside_forward

    @property
    def mode_matters(self) -> bool:
        """Whether anything in the module may compute differently in its two modes."""
        return self.record.sensitive is not Sensitivity.NO

    @property
    def keeps_graph(self) -> bool:
        """Whether its graph may leave for where nobody has seen it used."""
        kept = {Use.RETURNED, Use.STORED}
        return bool(kept & self.record.uses)

    def may_be(self, mode: Mode) -> bool:
        """Whether the module may be in a mode."""
        return self.record.modes.may_be(mode)

    def may_be_trained_in(self, mode: Mode) -> bool:
        """Whether the module may be in a mode where its output is differentiated."""
        return any(
            mode in seen.modes and not _contradict(seen.assumed, assumed)
            for seen in self.record.observations
            for assumed in self.record.trained_under
        )

    def how(self, mode: Mode) -> tuple[Remark, ...]:
        """How it came into a mode, then the calls that lead here."""
        return (*self.record.modes.witness(mode), *self.calls)

    def how_gradients(self, gradient: Gradient) -> tuple[Remark, ...]:
        """How gradients came to be on or off, then the calls that lead here."""
        return (*self.record.gradients.witness(gradient), *self.calls)

    @property
    def calls(self) -> tuple[Remark, ...]:
        """The calls by which the program comes to this function."""
        return tuple(
            Remark(site.call, f"`{outer.name}` calls `{site.name}`")
            if outer.name != MODULE_NAME
            else Remark(site.call, f"the file calls `{site.name}`")
            for outer, site in zip(self.record.stack, self.record.stack[1:], strict=False)
            if site.call is not None
        )


@dataclass(eq=False)
class Facts:
    """Everything about one file that a rule may read."""

    recorder: Recorder
    knowledge: Knowledge
    failures: list[Report] = field(default_factory=list)

    @cached_property
    def forward_calls(self) -> list[ForwardCall]:
        """Every call that may be a forward call, module or not, as it was recorded."""
        return self.recorder.forward_calls

    @cached_property
    def forwards(self) -> list[Forward]:
        """The forward calls with their purpose, in the order of the file."""
        judged = [self._judge(record) for record in self.recorder.forward_calls]
        return sorted(judged, key=lambda each: each.place)

    @property
    def misuses(self) -> list[Misuse]:
        """Constructs that do not do what they look like."""
        return sorted(self.recorder.misuses, key=lambda each: (each.place, each.what))

    @property
    def reveals(self) -> list[Reveal]:
        """The answers to the tests' ``reveal_mode`` and ``reveal_grad``."""
        return [
            Reveal(place, separator.join(sorted(words)))
            for place, (separator, words) in sorted(self.recorder.reveals.items())
        ]

    @property
    def events(self) -> list[Event]:
        """Every forward call and change of a mode or of the gradient mode."""
        return [
            Event(place, kind, subject, _text(before), _text(after))
            for (place, kind, subject), (before, after) in sorted(self.recorder.events.items())
        ]

    @property
    def differentiations(self) -> list[Differentiation]:
        """Every ``backward()`` and its like."""
        return sorted(self.recorder.differentiations, key=lambda each: each.place)

    @property
    def mode_changes(self) -> list[ModeChange]:
        """Every call that sets a mode."""
        return sorted(self.recorder.mode_changes, key=lambda each: each.place)

    def by_number(self, numbers: Iterable[int]) -> Iterator[ForwardCall]:
        """The forward calls with these numbers."""
        return (self.recorder.forward_calls[number] for number in sorted(numbers))

    # Modules

    def is_module(self, receivers: Iterable[ObjectId], subject: str) -> bool:
        """Whether objects are used as modules are, or called as modules are called."""
        used: set[str] = set()
        for receiver in receivers:
            used |= self.recorder.methods_used.get(receiver, set())
        if used & MODULE_METHODS:
            return True
        return mentions(_last(subject), self.knowledge.vocabulary.modules)

    def is_used_as_module(self, forward: Forward) -> bool:
        """Whether more than a name tells that it is a module."""
        if forward.record.certain:
            return True
        used: set[str] = set()
        for receiver in forward.record.receivers:
            used |= self.recorder.methods_used.get(receiver, set())
        return bool(used & (MODULE_METHODS | MOVING_METHODS))

    def is_explained(self, forward: Forward, mode: Mode) -> bool:
        """Whether a comment says that the mode is meant."""
        places = {remark.place for remark in forward.record.modes.witness(mode)}
        return not self.recorder.explained.isdisjoint(places | {forward.place})

    def is_born_in(self, mode: Mode, forward: Forward) -> bool:
        """Whether the module came into a mode by being made, not by a call that set it."""
        places = {remark.place for remark in forward.record.modes.witness(mode)}
        return not any(change.place in places for change in self.recorder.mode_changes)

    def was_put_in(self, mode: Mode, forward: Forward) -> bool:
        """Whether somebody in the file puts the module of a call in a mode."""
        return any(
            change.mode is mode and change.receiver in forward.record.receivers
            for change in self.recorder.mode_changes
        )

    def is_callers_choice(self, forward: Forward, mode: Mode) -> bool:
        """Whether a flag that an unseen caller gives decides about this mode."""
        seen = forward.record.observations
        with_mode = [each.flags for each in seen if mode in each.modes]
        for question, truth in frozenset.intersection(*with_mode) if with_mode else ():
            others = [each for each in seen if (question, not truth) in each.flags]
            if others and not any(mode in each.modes for each in others):
                return True
        return False

    def may_record(self, forward: Forward) -> bool:
        """Whether gradients may be on although nobody has turned them on.

        An unseen caller cannot hold them off where the same run differentiates.
        """
        gradients = forward.record.gradients
        if gradients.may_be(Gradient.UNKNOWN):
            return False
        if gradients.may_be(Gradient.ON):
            return not gradients.witness(Gradient.ON)
        return gradients.may_be(Gradient.CALLER) and self._root_differentiates(forward.record)

    def is_callers_gradient(self, forward: Forward) -> bool:
        """Whether gradients are as an unseen caller holds them, who is no module's caller."""
        record = forward.record
        return record.gradients.may_be(Gradient.CALLER) and not (
            record.gradients.may_be(Gradient.UNKNOWN) or record.of_module
        )

    def _root_differentiates(self, record: ForwardCall) -> bool:
        root = record.stack[0].definition
        return any(
            bool(event.stack) and event.stack[0].definition is root and event.connected
            for event in self.recorder.differentiations
        )

    def region_differentiates(self, forward: Forward) -> bool:
        """Whether the innermost function of a call asks for a gradient, of whatever."""
        return self._region_trains(forward.record)

    def shown_at(self, forward: Forward) -> int:
        """The place at which to speak of a call.

        A helper that training shares is right as it is: it is the call of the helper
        that lacks something.  Where the helper itself trains, by a flag, it is the helper.
        """
        record = forward.record
        if self._helper_trains(record):
            return record.place
        shared = {
            site.definition
            for other in self.recorder.forward_calls
            if other.place == record.place and other.trained
            for site in other.stack
        }
        place = record.place
        for site in reversed(record.stack):
            if site.definition not in shared or site.call is None:
                break
            place = site.call
        return place

    def sets_mode_of(self, subject: str) -> bool:
        """Whether the file sets the mode of anything of this name."""
        last = _last(subject)
        return any(_last(change.subject) == last for change in self.recorder.mode_changes)

    def is_stepped(self, forward: Forward) -> bool:
        """Whether an optimizer that may hold the module takes a step."""
        family = forward.record.family
        return any(
            step.targets is None or not family.isdisjoint(step.targets)
            for step in self.recorder.steps
        )

    def is_in_optimizer(self, forward: Forward) -> bool:
        """Whether an optimizer in sight holds parameters of the module."""
        family = forward.record.family
        return any(
            step.targets is not None and not family.isdisjoint(step.targets)
            for step in self.recorder.steps
        )

    @property
    def never_differentiates(self) -> bool:
        """Whether nothing in the file asks for a gradient."""
        return not self.recorder.differentiations

    @property
    def gradient_free_differentiations(self) -> Iterator[Differentiation]:
        """Those whose value never has a graph, on any path that comes there."""
        by_place: dict[int, list[Differentiation]] = {}
        for event in self.differentiations:
            by_place.setdefault(event.place, []).append(event)
        for events in by_place.values():
            if all(e.derived and not e.connected and not e.open for e in events):
                yield events[0]

    # Purpose

    @cached_property
    def _training_stacks(self) -> set[tuple[Site, ...]]:
        """Call stacks in which some output is differentiated; others there may serve it."""
        calls = self.recorder.forward_calls
        return {each.stack for each in calls if each.trained and len(each.stack) > 1}

    def _judge(self, record: ForwardCall) -> Forward:
        is_module = self._is_predictor(record)
        guessed = not is_module and self._belongs_to_module(record.receivers)
        guessed = guessed or self._is_unknown_method(record.method)
        purpose, firm = self._purpose(record)
        measures = Tag.EVALUATION_DATA in record.tags or self._is_measured(record.stack)
        return Forward(record, purpose, firm, is_module or guessed, guessed, measures)

    def _is_unknown_method(self, method: str | None) -> bool:
        """Whether a method may do more than a forward call: nobody knows it."""
        if method is None or method == "forward":
            return False
        row = self.knowledge.method("module", method)
        return row is None or row.effect != "forward"

    def _is_measured(self, stack: tuple[Site, ...]) -> bool:
        """Whether the nearest function with a telling name measures a model."""
        for site in reversed(stack):
            if self._purpose_of_name(site.name) is not Purpose.UNKNOWN:
                return mentions(site.name, self.knowledge.vocabulary.measuring_functions)
        return False

    def _is_predictor(self, record: ForwardCall) -> bool:
        """A module, other than one that compares outputs with targets."""
        vocabulary, name = self.knowledge.vocabulary, _last(record.subject)
        if mentions(name, vocabulary.losses) or not record.has_input:
            return False
        if not record.certain and mentions(name, vocabulary.factories):
            return False
        return record.certain or self.is_module(record.receivers, record.subject)

    def _belongs_to_module(self, receivers: Iterable[ObjectId]) -> bool:
        """Whether something above these objects is used as modules are."""
        waiting = list(receivers)
        while waiting:
            parent = self.recorder.parents.get(waiting.pop())
            if parent is not None:
                if self.recorder.methods_used.get(parent, set()) & MODULE_METHODS:
                    return True
                waiting.append(parent)
        return False

    def _purpose(self, record: ForwardCall) -> tuple[Purpose, bool]:
        if record.trained:
            return Purpose.TRAINING, True
        target = record.auxiliary and Tag.EVALUATION_DATA not in record.tags
        if target or any(site.name == "__init__" for site in record.stack):
            # What a constructor runs is a probe of shapes, not a prediction.
            return Purpose.UNKNOWN, False
        if self._purpose_asked_for(record.stack[-1]) is Purpose.TRAINING:
            return Purpose.UNKNOWN, False
        named = self._named_purpose(record.stack)
        if Tag.EVALUATION_DATA not in record.tags and record.stack in self._training_stacks:
            return Purpose.UNKNOWN, False
        if Tag.EVALUATION_DATA in record.tags or named is Purpose.INFERENCE:
            if Tag.TRAINING_DATA in record.tags and named is not Purpose.INFERENCE:
                return Purpose.UNKNOWN, False
            return Purpose.INFERENCE, True
        if self._region_evaluates(record):
            return Purpose.INFERENCE, True
        trains = named is Purpose.TRAINING or Tag.TRAINING_DATA in record.tags
        if trains and not self.never_differentiates:
            return Purpose.UNKNOWN, False
        return self._by_circumstances(record), False

    def _named_purpose(self, stack: tuple[Site, ...]) -> Purpose:
        """What the innermost function with a telling name is for."""
        for site in reversed(stack):
            named = self._purpose_asked_for(site)
            if named is Purpose.UNKNOWN:
                named = self._purpose_of_name(site.name)
            if named is Purpose.UNKNOWN and site.definition is not None:
                named = self._purpose_of_name(site.definition.class_name or "")
            if named is not Purpose.UNKNOWN:
                return named
        return Purpose.UNKNOWN

    def _purpose_asked_for(self, site: Site) -> Purpose:
        """``_epoch(loader, train=False)``, ``forward_all(x, mode="train")``."""
        for name, value in site.literals:
            purpose = self._purpose_of_name(value if isinstance(value, str) else name)
            if value is True or isinstance(value, str) and purpose is not Purpose.UNKNOWN:
                return purpose
            if value is False and purpose is Purpose.TRAINING:
                return Purpose.INFERENCE
        return Purpose.UNKNOWN

    @cached_property
    def _is_test_file(self) -> bool:
        """Whether functions are called ``test_...`` because a test framework wants it."""
        return not self.recorder.imported.isdisjoint(self.knowledge.vocabulary.test_frameworks)

    def _purpose_of_name(self, name: str) -> Purpose:
        if self._is_test_file and name.lower().startswith("test"):
            return Purpose.UNKNOWN
        evaluates = mentions(name, self.knowledge.vocabulary.evaluation_functions)
        trains = mentions(name, self.knowledge.vocabulary.training_functions)
        if evaluates is trains:
            return Purpose.UNKNOWN
        return Purpose.INFERENCE if evaluates else Purpose.TRAINING

    def _by_circumstances(self, record: ForwardCall) -> Purpose:
        read = bool({Use.READ, Use.DETACHED} & record.uses)
        kept = {Use.RETURNED, Use.RETURNED_DATA, Use.STORED}
        leaves = bool(kept & record.uses)
        if self.never_differentiates and record.stack[0].definition is None:
            # A script of its own in which nothing is trained: what it computes, it predicts.
            return Purpose.UNKNOWN if leaves else Purpose.INFERENCE
        handed_on = Use.PASSED in record.uses and not read and not self.never_differentiates
        if self._region_trains(record) or handed_on:
            return Purpose.UNKNOWN
        if record.gradients.must_be(Gradient.OFF) and (read or not leaves):
            return Purpose.INFERENCE
        if read and not leaves and not self.recorder.differentiations:
            return Purpose.INFERENCE
        return Purpose.UNKNOWN

    def is_evaluated_here(self, forward: Forward) -> bool:
        """Whether the function itself puts a module in evaluation mode, and trains nothing."""
        return self._region_evaluates(forward.record)

    def _region_evaluates(self, record: ForwardCall) -> bool:
        """The function puts a module in evaluation mode and differentiates nothing."""
        definition = record.stack[-1].definition
        if definition is None or self._region_trains(record):
            return False
        return any(
            change.mode is Mode.EVAL and change.stack[-1].definition is definition
            for change in self.recorder.mode_changes
        )

    def _region_trains(self, record: ForwardCall) -> bool:
        """In this call context, the function asks for a gradient, of whatever."""
        depth = len(record.stack)
        return any(
            event.stack[:depth] == record.stack for event in self.recorder.differentiations
        )

    def _helper_trains(self, record: ForwardCall) -> bool:
        """In some call context, the innermost function asks for a gradient."""
        definition = record.stack[-1].definition
        return any(
            site.definition is definition
            for event in self.recorder.differentiations
            for site in event.stack
        )


def _last(subject: str) -> str:
    """``self.model.backbone`` is called `backbone`; an index does not count."""
    return subject.partition("[")[0].rpartition(".")[2]


def _text(words: set[str]) -> str:
    return " | ".join(sorted(words - {""}))


def _contradict(first: Assumptions, second: Assumptions) -> bool:
    """Whether two sets of assumptions cannot hold together."""
    return any((question, not truth) in second for question, truth in first)
