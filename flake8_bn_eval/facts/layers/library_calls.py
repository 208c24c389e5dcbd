"""Calls of a library whose arguments decide about randomness or running statistics."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from flake8_bn_eval.facts.layers.built_layers import BuiltLayer, BuiltLayers, Construction
from flake8_bn_eval.facts.layers.factories import PARTIAL, Factories
from flake8_bn_eval.facts.layers.functional_norms import FunctionalNorm, FunctionalNorms
from flake8_bn_eval.facts.layers.layer_attributes import LayerAssignment, LayerAttributes
from flake8_bn_eval.facts.written.call_graph import CallGraph
from flake8_bn_eval.facts.written.classes import Classes
from flake8_bn_eval.facts.written.constants import Constants, Known
from flake8_bn_eval.facts.written.forward_paths import ForwardPaths
from flake8_bn_eval.facts.written.passed import Passed
from flake8_bn_eval.facts.written.sources import Source, Sources
from flake8_bn_eval.facts.written.survey import CallSite, Survey
from flake8_bn_eval.knowledge.lookup import Knowledge
from flake8_bn_eval.knowledge.rows import Argument, CallableRow, Condition, Role
from flake8_bn_eval.knowledge.words import words_of
from flake8_bn_eval.lazily import cached_property
from flake8_bn_eval.operations import (
    Attribute,
    Constant,
    Expression,
    Name,
    Negation,
    Place,
    Program,
)
from flake8_bn_eval.wording import describe

BUFFERS = frozenset({"running_mean", "running_var"})
PROBABILITY = frozenset({"dropout", "drop", "rate", "prob", "probability", "p"})


@dataclass(frozen=True, slots=True)
class RoleArgument:
    """What a call gives for one of its telling arguments.

    ``known``    the constants that it may be, or the library's own default
    ``sources``  where it comes from; nothing if it was fixed when the module was made
    ``given``    it is written in the call
    ``unseen``   it may stand in a ``*`` or ``**`` that nobody sees through
    """

    name: str
    given: bool
    unseen: bool
    known: tuple[Known, ...]
    sources: frozenset[Source]
    expression: Expression | None
    by_position: bool

    @property
    def is_fixed(self) -> bool:
        """Whether neither the mode nor a caller has a say."""
        return not self.unseen and not self.sources

    @property
    def is_probability(self) -> bool:
        """Whether it is fixed, or inherited under the name of a probability, which mostly is."""
        if self.is_fixed:
            return True
        if self.unseen or self.expression is None or self.sources != {Source.INHERITED}:
            return False
        return not PROBABILITY.isdisjoint(words_of(describe(self.expression).rpartition(".")[2]))

    @property
    def takes_mode(self) -> bool:
        """Whether it is given a mode: ``self.training``, its negation, or a plain True."""
        value = self.expression
        if isinstance(value, Negation):
            value = value.operand
        if isinstance(value, Constant):
            return value.value is True
        if not isinstance(value, Name | Attribute):
            return False
        return describe(value).rpartition(".")[2] in ("training", "is_training")

    @property
    def written(self) -> object:
        """The constant that is written in the call itself, if one is."""
        return self.expression.value if isinstance(self.expression, Constant) else None

    @property
    def values(self) -> set[object]:
        """The constants that it may be."""
        return {each.value for each in self.known}


@dataclass(frozen=True, slots=True, eq=False)
class LibraryCall:
    """A call that has a row with telling arguments."""

    site: CallSite
    row: CallableRow
    passed: Passed
    facts: LibraryCalls
    is_partial: bool = False
    """It is only prepared by a ``partial``."""

    @property
    def place(self) -> Place:
        """Where it is written."""
        return self.site.call.place

    @property
    def subject(self) -> str:
        """The layer or function as it is written."""
        callee, arguments = self.site.call.callee, self.site.call.arguments
        return describe(arguments[0] if self.is_partial else callee)

    @property
    def is_layer(self) -> bool:
        """Whether it makes a module."""
        return self.row.returns == "module"

    @property
    def in_evaluation(self) -> bool:
        """Whether it runs there whatever the mode is."""
        return self.facts.evaluations.has(self.site, in_evaluation=True)

    @property
    def is_meant(self) -> bool:
        """Whether a comment, or the name of the class, says that its noise is meant."""
        return self.place in self.facts.explained or self.facts.is_noisy(self.site)

    @property
    def is_untracked(self) -> bool:
        """Whether it is a layer that is built without running statistics."""
        tracking = self.argument("tracking")
        return self.is_layer and tracking is not None and tracking.values == {False}

    @property
    def made_at(self) -> set[Place]:
        """Where modules are made of it: the call itself, or those that are given its factory."""
        return {self.place, *self.facts.factories.users(self.site)}

    def argument(self, role: Role) -> RoleArgument | None:
        """The argument with a role, if this function has one."""
        for each in self.row.roles:
            if each.role == role:
                return self.facts.argument(each, self.passed)
        return None


class LibraryCalls:
    """Finds the calls, and answers what their arguments are."""

    def __init__(
        self, graph: CallGraph, knowledge: Knowledge, explained: frozenset[Place]
    ) -> None:
        self.graph = graph
        self.knowledge = knowledge
        self.explained = explained

    @staticmethod
    def of_program(program: Program, classes: Classes, knowledge: Knowledge) -> LibraryCalls:
        """The calls of a file."""
        graph = CallGraph(Survey(program), classes)
        return LibraryCalls(graph, knowledge, program.explained)

    @cached_property
    def sources(self) -> Sources:
        """Where values come from."""
        return Sources(self.graph, self.knowledge)

    @cached_property
    def constants(self) -> Constants:
        """Which constants values are."""
        return Constants(self.graph)

    def assigned(self, role: Role) -> list[LayerAssignment]:
        """Assignments to the attribute of a layer that such an argument becomes."""
        attributes = LayerAttributes(self.graph, self.constants, self.knowledge)
        return list(attributes.assigned(role))

    @cached_property
    def paths(self) -> ForwardPaths:
        """What runs in a forward call."""
        return ForwardPaths(self.graph, self.sources, self.knowledge)

    @cached_property
    def evaluations(self) -> ForwardPaths:
        """The same, and what runs in functions that evaluate by their names."""
        return ForwardPaths(self.graph, self.sources, self.knowledge, evaluations=True)

    def is_noisy(self, site: CallSite) -> bool:
        """Whether a call stands in a class that is named after noise which is meant."""
        if site.function is None:
            return False
        owner = self.graph.classes.of_method(self.graph.survey.outermost(site.function))
        name = "" if owner is None else "_".join(words_of(owner.name))
        return any(words in name for words in self.knowledge.vocabulary.noisy_modules)

    @property
    def written(self) -> list[CallSite]:
        """Every call of the file."""
        return self.graph.survey.calls

    @cached_property
    def all(self) -> list[LibraryCall]:
        """The calls with telling arguments, in the order of the text."""
        found = [each for site in self.graph.survey.calls for each in self._read(site)]
        return sorted(found, key=lambda each: each.place)

    def _read(self, site: CallSite) -> Iterator[LibraryCall]:
        callee, passed = site.call.callee, None
        for meaning in self.graph.callees(callee):
            if meaning == PARTIAL and site.call.arguments:
                callee = site.call.arguments[0]
                passed = self.graph.passed(site.call).without_first()
                yield from self._rows(site, callee, passed)
                return
        yield from self._rows(site, callee, passed)

    @cached_property
    def factories(self) -> Factories:
        """Who is given a ``partial`` or a function that makes layers."""
        return Factories(self.graph)

    @property
    def are_buffers_given(self) -> bool:
        """Whether running statistics are given to layers that have been built without."""
        survey = self.graph.survey
        assigned = (each for name in BUFFERS for each in survey.attributes.get(name, ()))
        if any(not _is_none(each.given.value) for each in assigned):
            return True
        return any(
            isinstance(site.call.callee, Attribute)
            and site.call.callee.name == "register_buffer"
            and any(isinstance(it, Constant) and it.value in BUFFERS for it in site.call.arguments)
            for site in survey.calls
        )

    def _rows(
        self, site: CallSite, callee: Expression, passed: Passed | None
    ) -> Iterator[LibraryCall]:
        for path in self.graph.callees(callee):
            row = self.knowledge.callable(path)
            if row is not None and (row.roles or row.learns):
                passed = self.graph.passed(site.call) if passed is None else passed
                yield LibraryCall(site, row, passed, self, callee is not site.call.callee)
                return

    @property
    def functional_norms(self) -> list[FunctionalNorm]:
        """The norm functions in forward paths whose mode never changes."""
        return list(FunctionalNorms(self).found())

    @cached_property
    def built(self) -> list[BuiltLayer]:
        """The layers that are built and called in a forward path."""
        survey = self.graph.survey
        found = BuiltLayers(survey, self._constructions, self.paths, self.knowledge).found()
        return sorted(found, key=lambda each: each.place)

    @cached_property
    def _constructions(self) -> dict[int, Construction]:
        """The calls that make layers, the inner ones first."""
        made: dict[int, Construction] = {}
        for site in reversed(self.graph.survey.calls):
            for path in self.graph.callees(site.call.callee):
                row = self.knowledge.callable(path)
                if row is not None and row.returns == "module":
                    made[id(site.call)] = self._construction(site, row, made)
        return made

    def _construction(
        self, site: CallSite, row: CallableRow, made: dict[int, Construction]
    ) -> Construction:
        passed = self.graph.passed(site.call)
        held = [made[id(each)] for each in passed.positional if id(each) in made]
        held = held if row.registers else []
        sensitive = row.sensitive == "yes" and self._may_be_sensitive(row, passed)
        return Construction(
            site,
            row,
            sensitive or any(each.sensitive for each in held),
            row.learns or any(each.learns for each in held),
            passed,
        )

    def _may_be_sensitive(self, row: CallableRow, passed: Passed) -> bool:
        """Whether nothing that is written in a call makes the layer the same in both modes."""
        met = [_may_hold(each, passed) for each in row.conditions]
        return not met or (any(met) if row.needs == "any" else all(met))

    def argument(self, argument: Argument, passed: Passed) -> RoleArgument:
        """What is given for an argument."""
        value = passed.get(argument.position, argument.parameter)
        if value is not None:
            known = tuple(self.constants.of(value))
            sources = self.sources.of(value)
            by_position = argument.parameter not in passed.keywords
            return RoleArgument(
                argument.parameter, True, False, known, sources, value, by_position
            )
        default = () if argument.default is None else (Known(argument.default),)
        unseen = passed.open
        return RoleArgument(argument.parameter, False, unseen, default, frozenset(), None, False)


def _is_none(expression: Expression) -> bool:
    return isinstance(expression, Constant) and expression.value is None


def _may_hold(condition: Condition, passed: Passed) -> bool:
    value = passed.get(condition.position, condition.parameter)
    number = value.value if isinstance(value, Constant) else None
    if value is None and not passed.open:
        number = condition.default
    return not isinstance(number, int | float) or number > condition.above
