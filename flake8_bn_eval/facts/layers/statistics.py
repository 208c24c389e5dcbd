"""Settings of ``track_running_stats`` of layers that are already built, taken for the mode.

The flag does not choose between the statistics of the batch and the running ones in
evaluation: the buffers do, if they are not None (torch/nn/modules/batchnorm.py,
`_BatchNorm.forward`).  Whoever drops the buffers as well, or wants a pass in training mode
that does not move them, knows that.

The forward calls behind a setting decide.  Where none is in sight, what is written beside it does.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from flake8_bn_eval.facts.forward import Forward
from flake8_bn_eval.facts.layers.freezing import FLAG
from flake8_bn_eval.facts.layers.library_calls import BUFFERS
from flake8_bn_eval.facts.layers.statistics_passes import Outcome, Pass, StatisticsPasses
from flake8_bn_eval.facts.predictors import last_name
from flake8_bn_eval.facts.written.listing import expressions, operations
from flake8_bn_eval.facts.written.natures import Nature
from flake8_bn_eval.facts.written.survey import GivenAttribute
from flake8_bn_eval.flow.nodes import Node
from flake8_bn_eval.knowledge.words import mentions
from flake8_bn_eval.lazily import cached_property
from flake8_bn_eval.operations import (
    Attribute,
    Call,
    Comparison,
    Constant,
    Expression,
    FunctionDefinition,
    Name,
    Negation,
    Place,
)
from flake8_bn_eval.wording import describe, identifiers

if TYPE_CHECKING:
    from flake8_bn_eval.facts.gathered import Gathered

RESETTING = "reset_running_stats"
BRACKETS = frozenset({"__enter__", "__exit__"})
OTHER_NORM = "InstanceNorm"
"""In these layers the flag does select the statistics (torch/nn/modules/instancenorm.py)."""


@dataclass(frozen=True, slots=True)
class Toggle:
    """``subject.track_running_stats = ...`` as if it were the mode.

    ``shown_by`` is a forward call that shows it, in which the flag does nothing or, if
    ``predicts``, which is made in training mode.
    """

    place: Place
    subject: str
    shown_by: Forward | None = None
    predicts: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Setting:
    """A setting of the flag; ``on`` is the literal that it is given, None if it is none."""

    assigned: GivenAttribute
    on: bool | None

    @property
    def place(self) -> Place:
        """Where it is written."""
        return self.assigned.given.place

    @property
    def function(self) -> FunctionDefinition | None:
        """The function it stands in."""
        return self.assigned.given.function

    @property
    def subject(self) -> str:
        """The layer as it is written."""
        return describe(self.assigned.owner)


class Statistics:
    """Judges the settings of one file."""

    def __init__(self, facts: Gathered) -> None:
        self._facts = facts
        self._graph = facts.calls.graph
        self._natures = facts.structure.natures
        self._passes = StatisticsPasses(facts)

    def toggles(self) -> Iterator[Toggle]:
        """The settings that are meant as a switch of the mode, in the order of the text."""
        for each in sorted(self._settings, key=lambda each: each.place):
            toggle = self._by_passes(each)
            if toggle is not None:
                yield toggle
            elif not self._outcome(each).off and self._by_clues(each):
                yield Toggle(each.place, each.subject)

    @cached_property
    def _settings(self) -> list[Setting]:
        assigned = self._graph.survey.attributes.get(FLAG, ())
        settings = [Setting(each, _literal(each.given.value)) for each in assigned]
        return [each for each in settings if not self._is_explained(each)]

    def _outcome(self, setting: Setting) -> Outcome:
        return self._passes.outcomes.get(setting.place, Outcome())

    def _by_passes(self, setting: Setting) -> Toggle | None:
        """The verdict of the forward calls that run with the flag turned off."""
        off = self._outcome(setting).off
        if not off or Pass.TRAINED in off:
            return None
        evaluated = off.get(Pass.EVALUATED)
        shown_by = evaluated or off[Pass.PREDICTED]
        return Toggle(setting.place, setting.subject, shown_by, predicts=evaluated is None)

    # What is right

    def _is_explained(self, setting: Setting) -> bool:
        """A part of a construction, of a context manager, or one that cares for the buffers."""
        function, value = setting.function, setting.assigned.given.value
        if self._natures.instance(setting.assigned.owner, function) is not None:
            return True
        if function is not None and (function.name in BRACKETS or function.generator):
            return True
        if FLAG in identifiers(value):
            return True  # as another layer has it
        said = self._words(function)
        if not BUFFERS.isdisjoint(said) or RESETTING in said and setting.on is not False:
            return True
        return self._concerns_other_norms(setting)

    def _words(self, function: FunctionDefinition | None) -> set[str]:
        """Every attribute, name and text in a body."""
        words: set[str] = set()
        for operation in operations(self._body(function)):
            for each in expressions(operation):
                match each:
                    case Attribute(name=str() as word) | Name(variable=(_, str() as word)):
                        words.add(word)
                    case Constant(value=str() as word):
                        words.add(word)
        return words

    def _body(self, function: FunctionDefinition | None) -> Node:
        return self._facts.program.body if function is None else function.body

    def _concerns_other_norms(self, setting: Setting) -> bool:
        """Whether only instance norms are named by the tests around it, or else in its body."""
        tested = {
            word
            for guard in setting.assigned.given.guards
            for each in expressions(guard.condition)
            for word in identifiers(each)
        }
        for words in (tested, self._words(setting.function)):
            named = {word for word in words if "Norm" in word}
            if named:
                return all(OTHER_NORM in each for each in named)
        return False

    # What is written beside it

    def _by_clues(self, setting: Setting) -> bool:
        given = setting.assigned.given
        if self._natures.of(setting.assigned.owner, setting.function) is Nature.LEAF:
            return not self._is_built_without(setting)
        trained = Pass.TRAINED in self._outcome(setting).on
        if self._tells_mode(given.value) and not trained:
            return True
        partners = self._partners(setting)
        if partners and any(Pass.TRAINED in self._outcome(each).off for each in partners):
            return False
        if any(self._by_passes(each) is not None for each in partners):
            return True
        if setting.on is None or self._speaks_of_momentum(setting.function):
            return False
        return self._is_pair(setting, partners) or self._stands_beside_switch(setting)

    def _is_built_without(self, setting: Setting) -> bool:
        """The layer has no running statistics yet: it may be given some."""
        made = self._graph.single(setting.assigned.owner)
        if setting.on is False or not isinstance(made, Call):
            return False
        value = self._graph.passed(made).keywords.get(FLAG)
        return isinstance(value, Constant) and value.value is False

    def _tells_mode(self, value: Expression) -> bool:
        """``training``, ``not self.training``, ``phase == "train"``."""
        match value:
            case Negation(operand=operand):
                return self._tells_mode(operand)
            case Comparison(left=left, right=Constant(value=str() as text)):
                return self._speaks(text) or self._tells_mode(left)
            case Name() | Attribute():
                if self._speaks(last_name(describe(value))):
                    return True
                single = self._graph.single(value) if isinstance(value, Name) else None
                return isinstance(single, Negation | Comparison) and self._tells_mode(single)
        return False

    def _speaks(self, name: str) -> bool:
        return mentions(name, self._facts.knowledge.vocabulary.mode_flags)

    def _partners(self, setting: Setting) -> list[Setting]:
        """The settings to the other value."""
        return [each for each in self._settings if each.on is (not setting.on)]

    def _speaks_of_momentum(self, function: FunctionDefinition | None) -> bool:
        return "momentum" in self._words(function)

    def _is_pair(self, setting: Setting, partners: list[Setting]) -> bool:
        """Two functions switch, and neither says by its name that it is about the updates."""
        apart = [each for each in partners if each.function is not setting.function]
        return bool(apart) and not any(
            self._is_about_updates(each.function) or self._speaks_of_momentum(each.function)
            for each in (setting, *apart)
        )

    def _is_about_updates(self, function: FunctionDefinition | None) -> bool:
        words = self._facts.knowledge.vocabulary.statistics_keepers
        while function is not None:
            if mentions(function.name, words):
                return True
            function = self._graph.survey.outer.get(id(function))
        return False

    def _stands_beside_switch(self, setting: Setting) -> bool:
        """The same function, or one that uses it, chooses the mode that this seems to choose."""
        if any(each.function is setting.function for each in self._partners(setting)):
            return False
        return any(
            self._chooses(each, setting)
            for each in (setting.function, *self._users(setting.function))
        )

    def _chooses(self, function: FunctionDefinition | None, setting: Setting) -> bool:
        attributes = self._facts.structure.attributes
        modes: set[bool] = set()
        for call in attributes.calls("eval", "train"):
            if call.function is function:
                off = call.name == "eval" or [_literal(each) for each in call.call.arguments] == [
                    False
                ]
                modes.add(not off)
        for each in attributes.assignments("training"):
            if each.function is function and isinstance(each.literal, bool):
                modes.add(each.literal)
        return bool(modes) and (setting.on is True or False in modes)

    def _users(self, function: FunctionDefinition | None) -> list[FunctionDefinition | None]:
        """The bodies that call a function or hand it on."""
        if function is None:
            return []
        found: list[FunctionDefinition | None] = []
        for site in self._facts.calls.written:
            for each in (site.call.callee, *site.call.arguments):
                if isinstance(each, Name | Attribute):
                    if function in self._graph.bindings.meanings(each):
                        found.append(site.function)
        return found


def _literal(value: Expression) -> bool | None:
    if isinstance(value, Constant) and isinstance(value.value, bool):
        return value.value
    return None
