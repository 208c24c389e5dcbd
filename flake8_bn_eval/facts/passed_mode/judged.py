"""Everything that the rules about passed modes may read of one file."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from flake8_bn_eval.facts.passed_mode.calls import ModelCall, ModelCalls
from flake8_bn_eval.facts.passed_mode.fixed import FixedLayer, FixedLayers
from flake8_bn_eval.facts.passed_mode.graphs import GraphNorms, StaleNorm
from flake8_bn_eval.facts.passed_mode.returned_state import DroppedState, ReturnedStates
from flake8_bn_eval.facts.passed_mode.views import View, Views
from flake8_bn_eval.facts.written.constants import Known
from flake8_bn_eval.facts.written.sources import Sources
from flake8_bn_eval.facts.written.survey import CallSite
from flake8_bn_eval.knowledge.lookup import Knowledge
from flake8_bn_eval.knowledge.rows import RemovedRow
from flake8_bn_eval.lazily import cached_property
from flake8_bn_eval.operations import Attribute, Call, Constant, DictDisplay, Place, Program
from flake8_bn_eval.wording import describe

if TYPE_CHECKING:
    from flake8_bn_eval.facts.gathered import Gathered

PARTIAL = "functools.partial"
FIRST_TENSORFLOW = "tensorflow.compat.v1."
FEEDING = frozenset({"run", "eval"})
"""Methods that run a graph of TensorFlow 1."""
CHOOSING = frozenset({"in_train_phase", "in_test_phase"})
"""Functions that choose by the phase, unless they are told."""


@dataclass(frozen=True, slots=True)
class Removed:
    """A call of a function that newer versions do not have."""

    place: Place
    subject: str
    row: RemovedRow


@dataclass(frozen=True, slots=True, eq=False)
class Momentum:
    """A norm layer with the constants that its momentum may be, the weight of the old."""

    place: Place
    subject: str
    parameter: str
    known: tuple[Known, ...]


class PassedModes:
    """The facts; each part is made when a rule first asks for it."""

    def __init__(self, views: Views, sources: Sources) -> None:
        self.views = views
        self.view: View = views.own
        self._sources = sources

    @staticmethod
    def of(facts: Gathered) -> PassedModes:
        """Those of a file, of which the calls are known already."""
        own = View(facts.path, facts.program, facts.knowledge, facts.calls.graph)

        def knowledge_of(program: Program) -> Knowledge:
            return Knowledge.for_packages(program.imported, facts.options)

        return PassedModes(Views(own, facts.neighbours, knowledge_of), facts.calls.sources)

    @cached_property
    def calls(self) -> ModelCalls:
        """The calls of models."""
        return ModelCalls(self.views)

    @property
    def model_calls(self) -> list[ModelCall]:
        """The calls of models that a step trains, or that are told to train."""
        return self.calls.all

    def is_named(self, call: ModelCall) -> bool:
        """Whether what is called has the name of a model."""
        return self.calls.is_named_model(call)

    def is_layer(self, call: ModelCall) -> bool:
        """Whether what is called is a single layer, which a class may use as it likes."""
        return self.calls.is_layer(call.subject)

    def is_meant(self, call: ModelCall) -> bool:
        """Whether somebody says that the mode of a call is on purpose, or tests for it."""
        if self.calls.purposes.is_test(call.chain):
            return True
        if call.is_told_nothing and self.calls.has_telling_twin(call):
            return True
        return self.calls.purposes.is_meant(call.chain.site, call.place)

    @property
    def removed(self) -> Iterator[Removed]:
        """The calls of functions that are gone, but those of TensorFlow 1 for good."""
        for site in self.view.survey.calls:
            for path in self.view.graph.callees(site.call.callee):
                row = self.view.knowledge.removed(path)
                if row is None or path.startswith(FIRST_TENSORFLOW) or id(site.call) in self._fed:
                    continue
                if not self._is_layers_own(site, path) and id(site.function) not in self._scoped:
                    yield Removed(site.call.place, describe(site.call.callee), row)

    @cached_property
    def trains_by_phase(self) -> bool:
        """Whether the file sets the phase of the process to training, or to what it computes.

        Keras 2 hands that to every call that is told nothing.
        """
        return any(
            describe(site.call.callee).endswith("set_learning_phase")
            and not all(isinstance(it, Constant) and not it.value for it in site.call.arguments)
            for site in self.view.survey.calls
        )

    @cached_property
    def _scoped(self) -> set[int]:
        """The functions that put the phase back, which they have set to build something."""
        return {
            id(site.function)
            for site in self.view.survey.calls
            if describe(site.call.callee).endswith("set_learning_phase")
            for each in site.call.arguments
            for saved in self.view.graph.origins(each)
            if isinstance(saved, Call)
            and describe(saved.callee).rpartition(".")[2] == "learning_phase"
        }

    @cached_property
    def _fed(self) -> set[int]:
        """The calls whose results a session is fed: ``run(out, {learning_phase(): 0})``."""
        return {
            id(key)
            for site in self.view.survey.calls
            if isinstance(site.call.callee, Attribute) and site.call.callee.name in FEEDING
            for each in (*site.call.arguments, *(value for _, value in site.call.keywords))
            if isinstance(each, DictDisplay)
            for key, _ in each.items
            if isinstance(key, Call)
        }

    def _is_layers_own(self, site: CallSite, path: str) -> bool:
        """Whether a layer asks for its own mode, or somebody hands over what decides.

        In Keras 2 that gives the mode of this very call; Keras 3 refuses it loudly.  What
        `learning_phase` gives in a `call` that is not told its mode is that of the process.
        """
        name = path.rpartition(".")[2]
        if name in CHOOSING and self.view.graph.passed(site.call).get(2, "training") is not None:
            return True
        flags = self.view.knowledge.vocabulary.mode_arguments
        told = any(
            parameter.name in flags
            for each in self.view.lexical(site.function)
            for parameter in each.parameters
        )
        asks = name in CHOOSING or name == "learning_phase" and told
        return asks and self.calls.is_in_a_layers_call(site.function)

    @property
    def stale_norms(self) -> list[StaleNorm]:
        """Norms of a graph whose statistics nobody updates."""
        return list(GraphNorms(self.views).found())

    @property
    def dropped_states(self) -> list[DroppedState]:
        """Models without state of their own whose new statistics nobody takes."""
        return list(ReturnedStates(self.calls).dropped())

    @property
    def momenta(self) -> Iterator[Momentum]:
        """The norm layers with a momentum that is a constant."""
        for site in self.view.survey.calls:
            yield from self._momentum(site)

    def _momentum(self, site: CallSite) -> Iterator[Momentum]:
        callee, passed = site.call.callee, self.view.graph.passed(site.call)
        paths = self.view.graph.callees(callee)
        if PARTIAL in paths and site.call.arguments:
            callee, passed = site.call.arguments[0], passed.without_first()
            paths = self.view.graph.callees(callee)
        for path in paths:
            row = self.view.knowledge.layer(path)
            role = None if row is None else row.role("momentum")
            value = None if role is None else passed.get(role.position, role.parameter)
            if role is not None and value is not None:
                known = tuple(self.view.constants.of(value))
                yield Momentum(site.call.place, describe(callee), role.parameter, known)

    @property
    def fixed_layers(self) -> list[FixedLayer]:
        """Layers that are told a constant where somebody should decide."""
        found = {each.place: each for each in FixedLayers(self.calls, self._sources).found()}
        return [found[place] for place in sorted(found)]
