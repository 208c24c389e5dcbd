"""What a call of a model is for, where no step trains it: told by names and by data.

This is the seam to the judgement of other forward calls: the same words, the same answers.
"""

from __future__ import annotations

from flake8_bn_eval.facts.forward import Purpose
from flake8_bn_eval.facts.passed_mode.regions import iterated
from flake8_bn_eval.facts.passed_mode.steps import Chain, Step, Steps
from flake8_bn_eval.facts.passed_mode.views import View
from flake8_bn_eval.facts.written.listing import expressions, operations
from flake8_bn_eval.facts.written.survey import CallSite
from flake8_bn_eval.knowledge.words import mentions
from flake8_bn_eval.lazily import cached_property
from flake8_bn_eval.operations import Constant, Evaluate, FunctionDefinition, Name
from flake8_bn_eval.wording import identifiers


class Purposes:
    """Judges the calls of one file."""

    def __init__(self, view: View, steps: Steps) -> None:
        self.view = view
        self.steps = steps
        self.vocabulary = view.knowledge.vocabulary

    def of(self, chain: Chain, step: Step | None, decided: int) -> Purpose:
        """What a call is for on one way to it, by whoever decided about the mode.

        ``decided`` is how many callers out that is: what is called `predict` there is its
        own business.
        """
        if step is not None:
            return Purpose.TRAINING
        if any(self.steps.is_under_tape(site) for site in chain.sites):
            return Purpose.UNKNOWN
        if self.is_test(chain):
            return Purpose.UNKNOWN
        for site in chain.sites[decided:]:
            found = self._around(site)
            if found is not Purpose.UNKNOWN:
                return found
        return Purpose.UNKNOWN

    def _around(self, site: CallSite) -> Purpose:
        """By the data of the loops around a call, then by the functions it stands in."""
        for loop in reversed(self.steps.regions.of(site.call).loops):
            data = iterated(loop)
            names = set() if data is None else identifiers(data)
            evaluated = any(mentions(name, self.vocabulary.evaluation_data) for name in names)
            trained = any(mentions(name, self.vocabulary.training_data) for name in names)
            if evaluated is not trained:
                return Purpose.INFERENCE if evaluated else Purpose.TRAINING
        for function in self.view.lexical(site.function):
            found = self._named(function)
            if found is not Purpose.UNKNOWN:
                return found
        return Purpose.UNKNOWN

    def _named(self, function: FunctionDefinition) -> Purpose:
        evaluates = mentions(function.name, self.vocabulary.evaluation_functions)
        trains = mentions(function.name, self.vocabulary.training_functions)
        if evaluates is trains:
            return Purpose.UNKNOWN
        return Purpose.INFERENCE if evaluates else Purpose.TRAINING

    @cached_property
    def is_test_file(self) -> bool:
        """Whether the file is run by a test framework; that it uses flags of `absl` is no sign."""
        paths = [path for each in self.view.program.imports for _, path in each.bindings]
        frameworks = self.vocabulary.test_frameworks - {"absl"}
        return any(
            path.partition(".")[0] in frameworks or path.startswith("absl.testing")
            for path in paths
        )

    def is_test(self, chain: Chain) -> bool:
        """Whether a test of the code itself comes here: nobody needs its predictions."""
        is_test_file = self.is_test_file
        for site in chain.sites:
            for function in self.view.lexical(site.function):
                needs = any(each.default is None for each in function.parameters)
                asks = needs or bool(function.class_name)
                named = function.name.lstrip("_").startswith("test")
                class_name = function.class_name or ""
                if is_test_file and (named or "Test" in class_name):
                    return True
                if named and (not asks or class_name.endswith("Test") or "Test" in class_name):
                    return True
        return False

    # What is meant

    def is_meant(self, site: CallSite, place: int) -> bool:
        """Whether a comment, a docstring or a name says that noise is wanted."""
        if place in self.view.program.explained:
            return True
        names = [each.name for each in self.view.lexical(site.function)]
        names += [each.class_name or "" for each in self.view.lexical(site.function)]
        if any(mentions(name, self.vocabulary.noisy_functions) for name in names if name):
            return True
        if any("training=True" in _docstring(each) for each in self.view.lexical(site.function)):
            return True
        return self._is_repeated(site)

    def _is_repeated(self, site: CallSite) -> bool:
        """Whether a call runs again and again on the same input: samples of what is uncertain."""
        loop = self.steps.regions.of(site.call).loop
        data = iterated(loop)
        if data is None or "range" not in identifiers(data):
            return False
        target = getattr(loop, "target", None)
        counted = target.variable if isinstance(target, Name) else None
        return not any(
            isinstance(each, Name) and each.variable == counted
            for argument in site.call.arguments
            for each in expressions(argument)
        )


def _docstring(function: FunctionDefinition) -> str:
    for operation in operations(function.body):
        match operation:
            case Evaluate(expression=Constant(value=str() as text)):
                return text
        return ""
    return ""
