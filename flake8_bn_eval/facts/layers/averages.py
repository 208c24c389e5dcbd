"""Averaged weights that are evaluated with running statistics which belong to other weights."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from flake8_bn_eval.facts.forward import Forward
from flake8_bn_eval.facts.predictors import last_name
from flake8_bn_eval.facts.written.natures import MODULES
from flake8_bn_eval.interpret.records import Average
from flake8_bn_eval.knowledge.words import mentions, words_of
from flake8_bn_eval.modes.lattice import Mode
from flake8_bn_eval.modes.things import ObjectId
from flake8_bn_eval.operations import Attribute, Expression, FunctionDefinition, Place
from flake8_bn_eval.wording import describe

if TYPE_CHECKING:
    from flake8_bn_eval.facts.gathered import Gathered

OF_BUFFERS = frozenset({"buffers", "named_buffers", "load_state_dict"})
MAKING = frozenset({"make", "build", "get", "create", "layer", "init"})
"""Words in the names of functions that make norms."""
OF_STATE = frozenset({"state_dict"})
"""A hand-written average may copy the buffers by way of it; others are saved by it."""


@dataclass(frozen=True, slots=True)
class StaleAverage:
    """An average, and a prediction that is made with it."""

    place: Place
    prediction: Forward


class StaleAverages:
    """Finds them: norms with running statistics, averaged weights, and nobody who mends it."""

    def __init__(self, facts: Gathered) -> None:
        self.facts = facts
        self.recorder = facts.recorder

    def found(self) -> Iterator[StaleAverage]:
        """Every average that is evaluated so, at the place where it is made."""
        if not self.recorder.averages or self._somebody_refreshes():
            return
        for average in sorted(self.recorder.averages, key=lambda each: each.place):
            if not self._is_mended(average):
                prediction = self._prediction(average.module)
                if prediction is not None:
                    yield StaleAverage(average.place, prediction)

    def _somebody_refreshes(self) -> bool:
        """Whether statistics are computed anew, perhaps by a function that is named after it."""
        return self.recorder.all_refreshed or any(
            self._may_refresh(each.call.callee, each.function) for each in self.facts.calls.written
        )

    def _may_refresh(self, callee: Expression, function: FunctionDefinition | None) -> bool:
        name, norms = last_name(describe(callee)), self.facts.knowledge.vocabulary.norms
        words = {each for each in words_of(name) if not each.isdigit()}
        if name[:1].isupper() or not mentions(name, norms) or words & MAKING:
            return False
        if words <= norms or self._is_layer(callee, function):
            return False  # a layer is called, and nothing is done to it
        # What a library does is known by the time it is run.
        return not any(map(self.facts.knowledge.callable, self.facts.calls.graph.callees(callee)))

    def _is_layer(self, callee: Expression, function: FunctionDefinition | None) -> bool:
        """Whether a layer is called: what was made as one, or is kept by a module."""
        structure = self.facts.structure
        if structure.natures.of(callee, function) in MODULES:
            return True
        if not isinstance(callee, Attribute):
            return False
        owner = self.facts.calls.graph.owner(callee.value)
        if owner is None or not structure.classes.seems_module(owner):
            return False
        return owner.method(last_name(describe(callee))) is None

    def _is_mended(self, average: Average) -> bool:
        if average.module in self.recorder.refreshed:
            return True
        used = self.recorder.methods_used.get(average.module, set())
        mending = OF_BUFFERS | OF_STATE if average.by_hand else OF_BUFFERS
        return not mending.isdisjoint(used)

    def _prediction(self, module: ObjectId) -> Forward | None:
        """A prediction in evaluation mode; none where it is called in training mode as well."""
        calls = [each for each in self.facts.forwards if module in each.record.family]
        if any(not each.record.modes.must_be(Mode.EVAL) for each in calls):
            return None
        predictions = (each for each in calls if each.is_inference)
        return next((each for each in predictions if self._holds_norms(each)), None)

    def _holds_norms(self, forward: Forward) -> bool:
        """Whether a norm layer with running statistics is surely in the module."""
        made = self.recorder.made
        found = [made[each] for each in forward.record.family if each in made]
        untracked = {each.place for each in self.facts.library_calls if each.is_untracked}
        for place, name in found:
            row = self.facts.knowledge.callable(name)
            if row is not None and place not in untracked:
                if row.holds_norms or any(each.role == "tracking" for each in row.roles):
                    return True
        return False
