"""Layers that are told a constant where somebody should decide."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum

from flake8_bn_eval.facts.passed_mode.calls import CALLING, ModelCalls
from flake8_bn_eval.facts.passed_mode.handed import Mode
from flake8_bn_eval.facts.passed_mode.views import View
from flake8_bn_eval.facts.written.call_graph import Caller
from flake8_bn_eval.facts.written.listing import expressions, operations
from flake8_bn_eval.facts.written.passed import Passed
from flake8_bn_eval.facts.written.sources import Sources
from flake8_bn_eval.facts.written.survey import CallSite
from flake8_bn_eval.knowledge.rows import Argument, LayerRow
from flake8_bn_eval.knowledge.words import words_of
from flake8_bn_eval.operations import Call, Constant, Expression, FunctionDefinition, Name, Place
from flake8_bn_eval.wording import describe, identifiers

LINEN_MODULE = "flax.linen.Module"
PARTIAL = "functools.partial"


class Kind(Enum):
    """How a layer is kept from learning its mode."""

    FIXED = "an argument of the layer is a constant"
    UNUSED = "`call` takes the mode and does not use it"
    NEVER = "the mode is at hand and is not passed"

    __hash__ = object.__hash__


@dataclass(frozen=True, slots=True)
class FixedLayer:
    """``parameter`` is the argument that is meant, ``mode`` what the layer is in for good."""

    place: Place
    subject: str
    kind: Kind
    parameter: str
    mode: Mode
    layers: frozenset[str]

    @property
    def trains(self) -> bool:
        """Whether it is in training mode for good, and not in inference mode."""
        return self.mode is Mode.ON

    @property
    def is_never_told(self) -> bool:
        """Whether it is left in inference mode by its default."""
        return self.kind is Kind.NEVER


class FixedLayers:
    """Finds them in one file."""

    def __init__(self, calls: ModelCalls, sources: Sources) -> None:
        self.calls = calls
        self.view: View = calls.view
        self.sources = sources

    def found(self) -> Iterator[FixedLayer]:
        """Every such layer; a test that fixes one knows why."""
        if self.calls.purposes.is_test_file:
            return
        for site in self.view.survey.calls:
            if not self._is_steered(site):
                yield from (each for each in self._fixed(site) if not self._is_meant(site, each))

    def _fixed(self, site: CallSite) -> Iterator[FixedLayer]:
        yield from self._linen(site)
        yield from self._graph(site)
        yield from self._keras(site)
        yield from self._built_on_the_spot(site)

    def _is_steered(self, site: CallSite) -> bool:
        """Whether a test of the mode decides if the call runs."""
        vocabulary = self.view.knowledge.vocabulary
        flags = vocabulary.mode_arguments | vocabulary.opposite_mode_arguments
        return any(not flags.isdisjoint(identifiers_in(each.condition)) for each in site.guards)

    def _is_meant(self, site: CallSite, layer: FixedLayer) -> bool:
        """Whether noise is wanted, a frozen part is to stay as it is, or a comment says so."""
        if layer.trains:
            return self._is_noisy(site) or self.calls.purposes.is_meant(site, site.call.place)
        return site.call.place in self.view.program.explained or self._is_frozen(layer.subject)

    def _is_frozen(self, subject: str) -> bool:
        """Whether anything of this name is told that it is not trained: ``base.trainable``."""
        name = subject.rpartition(".")[2]
        return any(
            describe(each.owner).rpartition(".")[2] == name
            for each in self.view.survey.attributes.get("trainable", ())
        )

    def _is_noisy(self, site: CallSite) -> bool:
        if site.function is None:
            return False
        owner = self.view.graph.classes.of_method(self.view.survey.outermost(site.function))
        name = "" if owner is None else "_".join(words_of(owner.name))
        words = self.view.knowledge.vocabulary.noisy_modules
        return any(word in name or word.replace("_", "") in name for word in words)

    # Flax

    def _linen(self, site: CallSite) -> Iterator[FixedLayer]:
        made, called = self._linen_layer(site.call)
        row = self._row(made)
        role = None if row is None else row.role("evaluating")
        if row is None or row.framework != "linen" or role is None:
            return
        if not self._in_linen_module(site.function):
            return
        value = self._constant(role, made, called)
        if value is None:
            return
        mode = Mode.OFF if value else Mode.ON
        if mode is Mode.OFF and not self._trains:
            return
        layer = frozenset({row.name.rpartition(".")[2]})
        given = called if _given(self.view.graph.passed(made), role) is None else None
        place = made.place if given is None or given.callee is made else given.place
        subject = describe(made.callee)
        yield FixedLayer(place, subject, Kind.FIXED, role.parameter, mode, layer)

    def _linen_layer(self, call: Call) -> tuple[Call, Call | None]:
        """The call that makes a layer, and the one that calls it.

        The layer is made on the spot, was given a name before, or will be made by a partial.
        """
        if isinstance(call.callee, Call):
            return call.callee, call
        if PARTIAL in self.view.graph.callees(call.callee) and call.arguments:
            return Call(call.arguments[0], call.arguments[1:], call.keywords, call.place), None
        made = self.view.graph.single(call.callee)
        return (made, call) if isinstance(made, Call) else (call, None)

    def _row(self, call: Call) -> LayerRow | None:
        rows = (self.view.knowledge.layer(it) for it in self.view.graph.callees(call.callee))
        return next((row for row in rows if row is not None), None)

    def _constant(self, role: Argument, made: Call, called: Call | None) -> bool | None:
        """The constant that a layer is given when it is made or called."""
        value = self.view.graph.passed(made).get(role.position, role.parameter)
        if value is None and called is not None:
            value = self.view.graph.passed(called).get(None, role.parameter)
        return _truth(value)

    def _in_linen_module(self, function: FunctionDefinition | None) -> bool:
        if function is None:
            return False
        fact = self.view.graph.classes.of_method(self.view.survey.outermost(function))
        return fact is not None and LINEN_MODULE in fact.outside

    @property
    def _trains(self) -> bool:
        """Whether something in the file is differentiated and applied."""
        steps = self.calls.steps
        return steps.applies and bool(steps.differentiated)

    def _built_on_the_spot(self, site: CallSite) -> Iterator[FixedLayer]:
        """``Dropout(rate)(x, training=True)`` among plain operations: no functional model."""
        made, called = _made_and_called(site.call)
        row = self._row(made)
        if called is None or row is None or row.framework != "keras" or site.function is None:
            return
        if row.sensitive != "yes" or not _is_told(self.view.graph.passed(called)):
            return
        others = (each for each in site.function.calls if each is not made)
        if any(isinstance(each.callee, Call) and each is not called for each in others):
            return
        layer, subject = frozenset({row.name.rpartition(".")[2]}), describe(made.callee)
        yield FixedLayer(made.place, subject, Kind.FIXED, "training", Mode.ON, layer)

    # TensorFlow 1

    def _graph(self, site: CallSite) -> Iterator[FixedLayer]:
        row = self._row(site.call)
        role = None if row is None else row.role("training")
        if row is None or role is None or row.framework != "graph" or role.default:
            return
        passed, function = self.view.graph.passed(site.call), site.function
        if function is None or passed.open or _given(passed, role) is not None:
            return
        flags = [each.name for each in function.parameters]
        flags = [it for it in flags if it in self.view.knowledge.vocabulary.mode_arguments]
        if flags:
            layer = frozenset({describe(site.call.callee).rpartition(".")[2]})
            yield FixedLayer(
                site.call.place,
                describe(site.call.callee),
                Kind.NEVER,
                flags[0],
                Mode.OFF,
                layer,
            )

    # Keras

    def _keras(self, site: CallSite) -> Iterator[FixedLayer]:
        if site.function is None or not self._serves_deaf_call(site.function):
            return
        value = _truth(self.view.graph.passed(site.call).get(None, "training"))
        if value is None:
            return
        makeup = self.calls.makeups.of(self.view, site.call.callee)
        if makeup is not None and makeup.is_sensitive:
            mode = Mode.ON if value else Mode.OFF
            subject = describe(site.call.callee)
            layers = makeup.layers
            yield FixedLayer(site.call.place, subject, Kind.UNUSED, "training", mode, layers)

    def _serves_deaf_call(self, function: FunctionDefinition) -> bool:
        """Whether it is a `call` that takes the mode and does not look at it, or its helper."""
        fact = self.view.graph.classes.of_method(function)
        if fact is None:
            return False
        if function.name in CALLING:
            flags = [each.name for each in function.parameters if each.name == "training"]
            return bool(flags) and not _uses(function, (function.scope, "training"))
        callers = {id(it.site.function): it.site.function for it in self._callers(function)}
        return bool(callers) and all(
            each is not None and each.name in CALLING and self._serves_deaf_call(each)
            for each in callers.values()
        )

    def _callers(self, function: FunctionDefinition) -> list[Caller]:
        flags = self.view.knowledge.vocabulary.mode_arguments
        if any(each.name in flags for each in function.parameters):
            return []
        return self.view.graph.callers(function)


def _is_told(passed: Passed) -> bool:
    return _truth(passed.get(None, "training")) is True


def identifiers_in(expression: Expression) -> set[str]:
    """Every name and attribute in an expression."""
    return set().union(*(identifiers(each) for each in expressions(expression)))


def _made_and_called(call: Call) -> tuple[Call, Call | None]:
    """``nn.Dropout(0.5)(x)`` is two calls; the site of the outer one has both."""
    return (call.callee, call) if isinstance(call.callee, Call) else (call, None)


def _given(passed: Passed, role: Argument) -> Expression | None:
    return passed.get(role.position, role.parameter)


def _truth(value: Expression | None) -> bool | None:
    """A constant True or False."""
    constant = value.value if isinstance(value, Constant) else None
    return constant if isinstance(constant, bool) else None


def _uses(function: FunctionDefinition, variable: tuple[int, str]) -> bool:
    """Whether a function reads one of its parameters."""
    return any(
        isinstance(each, Name) and each.variable == variable
        for operation in operations(function.body)
        for each in expressions(operation)
    )
