"""What forward calls are for: evidence weighed, never a guess by name alone.

What happens to the output decides first, then where the input comes from, then what the
functions around it are called.  Where the evidence is thin or divided the purpose is
unknown.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property

from flake8_bn_eval.facts.forward import Forward, Purpose
from flake8_bn_eval.interpret.frames import Site
from flake8_bn_eval.interpret.records import ForwardCall, Recorder
from flake8_bn_eval.knowledge.lookup import Knowledge
from flake8_bn_eval.knowledge.words import mentions, names_class, words_of
from flake8_bn_eval.modes.evidence import LOOKED_AT, Tag, Use
from flake8_bn_eval.modes.lattice import Gradient, Mode
from flake8_bn_eval.modes.things import ObjectId

MODULE_METHODS = frozenset(
    {
        "train", "eval", "parameters", "named_parameters", "state_dict", "load_state_dict",
        "modules", "named_modules", "children", "named_children", "zero_grad", "buffers",
    }
)  # fmt: skip


class Purposes:
    """Judges the forward calls of one file."""

    def __init__(self, recorder: Recorder, knowledge: Knowledge) -> None:
        self.recorder = recorder
        self.knowledge = knowledge

    @property
    def never_differentiates(self) -> bool:
        """Whether nothing in the file asks for a gradient."""
        return not self.recorder.differentiations

    def is_module(self, receivers: Iterable[ObjectId], subject: str) -> bool:
        """Whether objects are used as modules are, or called as modules are called."""
        if self._is_used_as_module(receivers):
            return True
        return mentions(last_name(subject), self.knowledge.vocabulary.modules)

    def _is_used_as_module(self, receivers: Iterable[ObjectId]) -> bool:
        used = [self.recorder.methods_used.get(receiver, set()) for receiver in receivers]
        return any(names & MODULE_METHODS for names in used)

    @cached_property
    def _training_stacks(self) -> set[tuple[Site, ...]]:
        """Call stacks in which some output is differentiated; others there may serve it."""
        calls = self.recorder.forward_calls
        return {each.stack for each in calls if each.trained and len(each.stack) > 1}

    def judge(self, record: ForwardCall) -> Forward:
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
        vocabulary, name = self.knowledge.vocabulary, last_name(record.subject)
        if mentions(name, vocabulary.losses) or not record.has_input:
            return False
        if any(map(self._is_loss_class, record.classes)):
            return False
        if not record.certain and self._may_be_factory(record, name):
            return False
        return record.certain or self.is_module(record.receivers, record.subject)

    def _is_loss_class(self, name: str) -> bool:
        """``FocalLoss``, but not ``ModelWithLoss``."""
        vocabulary = self.knowledge.vocabulary
        ends = set(words_of(name)[-1:])
        return bool(ends & vocabulary.losses) and not mentions(name, vocabulary.modules)

    def _may_be_factory(self, record: ForwardCall, name: str) -> bool:
        """Something unseen that makes an object of what it is given, rather than predicts."""
        if mentions(name, self.knowledge.vocabulary.factories):
            return True
        return names_class(name) and not self._is_used_as_module(record.receivers)

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
        if self._is_test(record.stack[0]):
            return Purpose.UNKNOWN, False
        if self._is_trial(record):
            return Purpose.UNKNOWN, False
        target = record.auxiliary and Tag.EVALUATION_DATA not in record.tags
        if target or any(site.name == "__init__" for site in record.stack):
            # What a constructor runs is a probe of shapes, not a prediction.
            return Purpose.UNKNOWN, False
        if self._purpose_asked_for(record.stack[-1]) is Purpose.TRAINING:
            return Purpose.UNKNOWN, False
        if self.is_switched_to_evaluation(record):
            return Purpose.INFERENCE, True
        named = self._named_purpose(record.stack)
        if Tag.EVALUATION_DATA not in record.tags and record.stack in self._training_stacks:
            return Purpose.UNKNOWN, False
        if Tag.EVALUATION_DATA in record.tags or named is Purpose.INFERENCE:
            if Tag.TRAINING_DATA in record.tags and named is not Purpose.INFERENCE:
                return Purpose.UNKNOWN, False
            return Purpose.INFERENCE, True
        if self.evaluates(record):
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

    def has_telling_name(self, site: Site) -> bool:
        """Whether a function says by its name what it is for."""
        return self._purpose_of_name(site.name) is not Purpose.UNKNOWN

    def _is_test(self, root: Site) -> bool:
        """Whether a test of the code itself starts here: nobody needs its predictions."""
        if root.definition is None:
            return False
        class_name = root.definition.class_name or ""
        if not self._is_test_file:
            # Nobody calls it and it asks for nothing: only a test runner finds it, by its name.
            asks = bool(root.definition.parameters) or bool(class_name)
            return root.name.startswith("test_") and not asks
        return root.name.lower().startswith("test") or "test" in class_name.lower()

    def _is_trial(self, record: ForwardCall) -> bool:
        """Whether code is tried on made-up data: nobody wants to know what it predicts."""
        read = LOOKED_AT & record.uses
        if not record.made_up or not read:
            return False
        untrained = self.never_differentiates and record.certain and not record.loaded
        return untrained or read == {Use.PRINTED}

    def _purpose_of_name(self, name: str) -> Purpose:
        if self._is_test_file and name.lower().startswith("test"):
            return Purpose.UNKNOWN
        evaluates = mentions(name, self.knowledge.vocabulary.evaluation_functions)
        trains = mentions(name, self.knowledge.vocabulary.training_functions)
        if evaluates is trains:
            return Purpose.UNKNOWN
        return Purpose.INFERENCE if evaluates else Purpose.TRAINING

    def _by_circumstances(self, record: ForwardCall) -> Purpose:
        if not record.uses:
            # Nobody looks at the output: a probe of shapes, or a warm-up.
            return Purpose.UNKNOWN
        read = bool(LOOKED_AT & record.uses)
        kept = {Use.RETURNED, Use.RETURNED_DATA, Use.STORED}
        leaves = bool(kept & record.uses)
        if self.never_differentiates and record.stack[0].definition is None:
            # A script of its own in which nothing is trained: what it computes, it predicts.
            return Purpose.UNKNOWN if leaves else Purpose.INFERENCE
        handed_on = Use.PASSED in record.uses and not read and not self.never_differentiates
        if self.trains(record) or handed_on:
            return Purpose.UNKNOWN
        if record.gradients.must_be(Gradient.OFF) and (read or not leaves):
            return Purpose.INFERENCE
        if read and not leaves and not self.recorder.differentiations:
            return Purpose.INFERENCE
        return Purpose.UNKNOWN

    def evaluates(self, record: ForwardCall) -> bool:
        """The function puts a module in evaluation mode and differentiates nothing."""
        definition = record.stack[-1].definition
        if definition is None or self.trains(record):
            return False
        return any(
            change.mode is Mode.EVAL and change.stack[-1].definition is definition
            for change in self.recorder.mode_changes
        )

    def is_switched_to_evaluation(self, record: ForwardCall) -> bool:
        """A function that is still running has put this module where it is: in evaluation mode."""
        if record.trained or record.auxiliary or not record.modes.must_be(Mode.EVAL):
            return False
        return any(
            change.mode is Mode.EVAL
            and change.receiver in record.receivers
            and change.stack == record.stack[: len(change.stack)]
            for change in self.recorder.mode_changes
        )

    def trains(self, record: ForwardCall) -> bool:
        """In this call context, the function asks for a gradient, of whatever."""
        depth = len(record.stack)
        return any(event.stack[:depth] == record.stack for event in self.recorder.differentiations)


def last_name(subject: str) -> str:
    """``self.model.backbone`` is called `backbone`; an index does not count."""
    return subject.partition("[")[0].rpartition(".")[2]
