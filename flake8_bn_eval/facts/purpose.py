"""What forward calls are for: evidence weighed, never a guess by name alone.

What happens to the output decides first, then where the input comes from, then what the
functions around it are called.  Where the evidence is thin or divided the purpose is
unknown.
"""

from __future__ import annotations

import re

from flake8_bn_eval.facts.clues import Clue
from flake8_bn_eval.facts.forward import Forward, Purpose, answers_requests
from flake8_bn_eval.facts.predictors import Predictors
from flake8_bn_eval.facts.stepping import is_taught
from flake8_bn_eval.facts.surroundings import Surroundings
from flake8_bn_eval.interpret.frames import Site
from flake8_bn_eval.interpret.records import ForwardCall, Recorder
from flake8_bn_eval.knowledge.lookup import Knowledge
from flake8_bn_eval.knowledge.words import mentions
from flake8_bn_eval.lazily import cached_property
from flake8_bn_eval.modes.evidence import LOOKED_AT, Tag, Use
from flake8_bn_eval.modes.lattice import Gradient, Mode
from flake8_bn_eval.operations import Program

LEAVING = frozenset({Use.RETURNED, Use.RETURNED_DATA, Use.STORED})
"""The uses by which an output gets to where nobody has seen what becomes of it."""

TEST_CLASS = re.compile(r"Test(?![a-z])|\w*Tests?$")
"""The names of classes in which a test runner looks for tests."""

TEST_PATH = re.compile(r"(^|/)tests/(.*/)?test_[^/]*\.py$")
"""The files in which it looks for them, whether they import anything of it or not."""


class Purposes:
    """Judges the forward calls of one file."""

    def __init__(
        self, recorder: Recorder, knowledge: Knowledge, program: Program, path: str = ""
    ) -> None:
        self.recorder = recorder
        self.knowledge = knowledge
        self.program = program
        self.path = path
        self.around = Surroundings(recorder, program)
        self.predictors = Predictors(recorder, knowledge, program)

    @property
    def never_differentiates(self) -> bool:
        """Whether nothing in the file asks for a gradient."""
        return not self.recorder.differentiations

    def judge(self, record: ForwardCall) -> Forward:
        is_module = self.predictors.has(record)
        guessed = self.predictors.is_unknown_method(record) or (
            not is_module and self.predictors.are_parts(record.receivers)
        )
        purpose, firm = self._purpose(record)
        measures = Tag.EVALUATION_DATA in record.tags or self._is_measured(record.stack)
        return Forward(
            record,
            purpose,
            firm,
            is_module or guessed,
            guessed,
            measures,
            answers_requests(record),
            lambda: self.clues(record),
        )

    def clues(self, record: ForwardCall) -> frozenset[Clue]:
        """What is known of a call that tells what it is for."""
        named = self._function_purpose(record.stack)
        asked = self._purpose_asked_for(record.stack[-1])
        trains = not self.never_differentiates
        holds = {
            Clue.EVALUATION_DATA: Tag.EVALUATION_DATA in record.tags,
            Clue.TRAINING_DATA: Tag.TRAINING_DATA in record.tags,
            Clue.FUNCTION: named is Purpose.INFERENCE,
            Clue.TRAINING_FUNCTION: named is Purpose.TRAINING,
            Clue.CLASS: named is not Purpose.INFERENCE
            and self._named_purpose(record.stack) is Purpose.INFERENCE,
            Clue.SERVED: answers_requests(record),
            Clue.ASKED: asked is Purpose.INFERENCE,
            Clue.SWITCHED: self.around.is_switched_to_evaluation(record),
            Clue.EVALUATES: self.around.evaluates(record),
            Clue.COMPARED: Use.READ in record.uses,
            Clue.PRINTED: Use.PRINTED in record.uses,
            Clue.DETACHED: Use.DETACHED in record.uses,
            Clue.KEPT: not {Use.KEPT, Use.STORED}.isdisjoint(record.uses),
            Clue.HANDED_ON: Use.PASSED in record.uses,
            Clue.RETURNED: Use.RETURNED in record.uses,
            Clue.APART: trains and not self.around.serves_training(record),
            Clue.NOTHING_TRAINED: not trains,
            Clue.LOADED: record.loaded,
            Clue.MADE_UP: record.made_up,
        }
        return frozenset(clue for clue, does_hold in holds.items() if does_hold)

    def _is_measured(self, stack: tuple[Site, ...]) -> bool:
        """Whether the nearest function with a telling name measures a model."""
        measuring = self.knowledge.vocabulary.measuring_functions
        for site in reversed(stack):
            if self._purpose_of_name(site.name) is not Purpose.UNKNOWN:
                return mentions(site.name, measuring)
        return any(mentions(_class_name(site), measuring) for site in stack)

    # Purpose

    def _purpose(self, record: ForwardCall) -> tuple[Purpose, bool]:
        """What a call is for, and whether more than circumstances say so."""
        if record.trained:
            return Purpose.TRAINING, True
        evaluated = Tag.EVALUATION_DATA in record.tags
        if self._is_no_prediction(record) or record.auxiliary and not evaluated:
            return Purpose.UNKNOWN, False
        if Use.LEARNT_FROM in record.uses:
            return Purpose.UNKNOWN, False
        if self._purpose_asked_for(record.stack[-1]) is Purpose.TRAINING:
            return Purpose.UNKNOWN, False
        if self.around.is_switched_to_evaluation(record):
            return Purpose.INFERENCE, True
        if not evaluated and self._works_for_step(record):
            return Purpose.UNKNOWN, False
        named = self._named_purpose(record.stack)
        if evaluated or named is Purpose.INFERENCE or answers_requests(record):
            if Tag.TRAINING_DATA in record.tags and named is not Purpose.INFERENCE:
                return Purpose.UNKNOWN, False
            return Purpose.INFERENCE, True
        if named is not Purpose.TRAINING and self.around.evaluates(record):
            return Purpose.INFERENCE, True
        if self.around.serves_training(record):
            return Purpose.UNKNOWN, False
        trains = named is Purpose.TRAINING or Tag.TRAINING_DATA in record.tags
        if trains and not self.never_differentiates:
            # Such a function or such data may be measured as well, apart from the steps: what is
            # handed on there, as the state of an environment, may be learnt from.
            kept_here = self._is_only_looked_at(record) and Use.PASSED not in record.uses
            measured = kept_here and record.gradients.must_be(Gradient.OFF)
            return (Purpose.INFERENCE if measured else Purpose.UNKNOWN), measured
        return self._by_circumstances(record)

    def _is_no_prediction(self, record: ForwardCall) -> bool:
        """Whether a call tries code, or is made by a constructor, which probes shapes."""
        if self.is_test(record) or self._is_trial(record):
            return True
        return any(site.name == "__init__" for site in record.stack)

    def _named_purpose(self, stack: tuple[Site, ...]) -> Purpose:
        """What the innermost function with a telling name is for.

        A class may say that it evaluates, where no function inside says anything, and if it is a
        module none outside.  That it trains says nothing: a trainer validates, too.
        """
        for site in reversed(stack):
            named = self._purpose_told_by(site)
            if named is Purpose.UNKNOWN and self._is_in_evaluator(site):
                named = Purpose.INFERENCE
            if named is not Purpose.UNKNOWN:
                return named
        classes = map(_class_name, stack)
        evaluates = any(self._purpose_of_name(each) is Purpose.INFERENCE for each in classes)
        return Purpose.INFERENCE if evaluates else Purpose.UNKNOWN

    def _works_for_step(self, record: ForwardCall) -> bool:
        """Whether what a call gives is wanted by a training step, here or in another file."""
        if self.around.is_part_of_step(record) or self._computes_for_training(record.stack):
            return True
        named = self._function_purpose(record.stack), self._purpose_told_by(record.stack[0])
        return Purpose.TRAINING in named and self.around.is_part_of_returned(record)

    def _computes_for_training(self, stack: tuple[Site, ...]) -> bool:
        """Whether a function that measures nothing works for one named for training.

        ``extract_features`` of ``forward_train``: whoever differentiates is in another file.
        """
        if not self.never_differentiates or self._is_measured(stack):
            return False
        computes = self._function_purpose(stack) is Purpose.INFERENCE
        return computes and any(self._purpose_told_by(site) is Purpose.TRAINING for site in stack)

    def _is_in_evaluator(self, site: Site) -> bool:
        """Whether a function belongs to something that evaluates and is no module itself."""
        if self._purpose_of_name(_class_name(site)) is not Purpose.INFERENCE:
            return False
        return site.receiver is not None and not self.predictors.is_used_as_module((site.receiver,))

    def _function_purpose(self, stack: tuple[Site, ...]) -> Purpose:
        """What the innermost function with a telling name or argument is for."""
        for site in reversed(stack):
            named = self._purpose_told_by(site)
            if named is not Purpose.UNKNOWN:
                return named
        return Purpose.UNKNOWN

    def _purpose_told_by(self, site: Site) -> Purpose:
        """What a function is for, by what it is asked for and by its name."""
        asked = self._purpose_asked_for(site)
        return self._purpose_of_name(site.name) if asked is Purpose.UNKNOWN else asked

    def _purpose_asked_for(self, site: Site) -> Purpose:
        """``_epoch(loader, train=False)``, ``forward_all(x, mode="train")``."""
        vocabulary = self.knowledge.vocabulary
        modes = vocabulary.mode_flags | vocabulary.measuring_functions
        for name, value in site.literals:
            purpose = self._purpose_of_name(value if isinstance(value, str) else name)
            if value is True and purpose is Purpose.INFERENCE and not mentions(name, modes):
                # `embed=True` asks for something to be computed besides, whatever that is for.
                continue
            if value is True or isinstance(value, str) and purpose is not Purpose.UNKNOWN:
                return purpose
            if value is False and purpose is Purpose.TRAINING:
                return Purpose.INFERENCE
        return Purpose.UNKNOWN

    @cached_property
    def _is_test_file(self) -> bool:
        """Whether functions are called ``test_...`` because a test framework wants it."""
        known = self.knowledge.vocabulary.test_frameworks
        return not self.recorder.imported.isdisjoint(known) or bool(TEST_PATH.search(self.path))

    def has_telling_name(self, site: Site) -> bool:
        """Whether a function says by its name what it is for."""
        return self._purpose_of_name(site.name) is not Purpose.UNKNOWN

    def is_test(self, record: ForwardCall) -> bool:
        """Whether a test of the code itself starts here: nobody needs its predictions."""
        root = record.stack[0]
        if root.definition is None:
            return False
        class_name = root.definition.class_name or ""
        if not self._is_test_file:
            # Nobody calls it and it asks for nothing: only a test runner finds it, by its name.
            found = root.name.startswith("test_")
            if class_name:
                named = TEST_CLASS.match(class_name) is not None and record.made_up
                return found and named and len(root.definition.parameters) == 1
            return found and not root.definition.parameters
        return root.name.lower().startswith("test") or "test" in class_name.lower()

    def _is_trial(self, record: ForwardCall) -> bool:
        """Whether code is tried on made-up data: nobody wants to know what it predicts.

        What a module says of noise that nobody has trained, nor loaded, is noise as well.
        """
        read = LOOKED_AT & record.uses
        if not record.made_up or not read:
            return False
        if read == {Use.PRINTED}:
            return not self._is_taught(record)
        # What a module does with itself, it does with the weights that its maker has given it.
        made_here = record.stack[0].receiver not in record.receivers
        return record.certain and made_here and self._is_untaught(record)

    def _is_untaught(self, record: ForwardCall) -> bool:
        """Whether neither the module nor those whose outputs it is given have learnt anything."""
        calls = [record, *(self.recorder.forward_calls[number] for number in record.fed_by)]
        return not any(each.loaded or self._is_taught(each) for each in calls)

    def _is_taught(self, record: ForwardCall) -> bool:
        return is_taught(record, self.recorder, self.program)

    def _purpose_of_name(self, name: str) -> Purpose:
        if self._is_test_file and name.lower().startswith("test"):
            return Purpose.UNKNOWN
        evaluates = mentions(name, self.knowledge.vocabulary.evaluation_functions)
        trains = mentions(name, self.knowledge.vocabulary.training_functions)
        if evaluates is trains:
            return Purpose.UNKNOWN
        return Purpose.INFERENCE if evaluates else Purpose.TRAINING

    def _by_circumstances(self, record: ForwardCall) -> tuple[Purpose, bool]:
        if record.uses <= {Use.LOSS_PRINTED} or Use.LOSS_PASSED in record.uses:
            # Nobody looks at the output: a probe of shapes, or a warm-up.  Or somebody unseen
            # gets the loss together with what it is the loss of.
            return Purpose.UNKNOWN, False
        read = bool(LOOKED_AT & record.uses)
        leaves = bool(LEAVING & record.uses)
        if self.never_differentiates and record.stack[0].definition is None:
            # A script of its own in which nothing is trained: what it computes, it predicts.
            return (Purpose.UNKNOWN if leaves else Purpose.INFERENCE), False
        handed_on = Use.PASSED in record.uses and not read and not self.never_differentiates
        if handed_on:
            return Purpose.UNKNOWN, False
        off = record.gradients.must_be(Gradient.OFF)
        if off and (read or not leaves) or Tag.VOLATILE in record.tags:
            return Purpose.INFERENCE, False
        if self._is_only_looked_at(record):
            return Purpose.INFERENCE, not self.never_differentiates
        if self.never_differentiates and self._is_detached_for_good(record):
            return Purpose.INFERENCE, False
        return Purpose.UNKNOWN, False

    def _is_detached_for_good(self, record: ForwardCall) -> bool:
        """Whether of an output of a module made in sight nothing leaves but its numbers.

        One that is handed in may be of a class that records none.
        """
        as_data = LEAVING & record.uses <= {Use.RETURNED_DATA}
        cut_off = not {Use.DETACHED, Use.READ}.isdisjoint(record.uses)
        return as_data and cut_off and not record.modes.may_be(Mode.UNSET)

    def _is_only_looked_at(self, record: ForwardCall) -> bool:
        """Whether the numbers of an output are read, and its graph goes nowhere."""
        return bool(LOOKED_AT & record.uses) and not LEAVING & record.uses


def _class_name(site: Site) -> str:
    """The class whose method a function is; empty for any other."""
    return "" if site.definition is None else site.definition.class_name or ""
