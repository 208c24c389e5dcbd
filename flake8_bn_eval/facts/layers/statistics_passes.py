"""The forward calls that run while ``track_running_stats`` of norm layers has a new value.

Which statistics a layer takes is decided by its mode and by whether it has buffers, never by
the flag; the flag decides whether the buffers move in training (torch/nn/modules/batchnorm.py,
`_BatchNorm.forward`).  So what the setting does is told by the mode in the calls that it reaches.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from enum import Enum
from typing import TYPE_CHECKING

from flake8_bn_eval.facts.forward import Forward
from flake8_bn_eval.facts.layers.freezing import Effect, Kind
from flake8_bn_eval.facts.written.listing import expressions
from flake8_bn_eval.facts.written.reaching import Reaching
from flake8_bn_eval.lazily import cached_property
from flake8_bn_eval.modes.lattice import Mode
from flake8_bn_eval.operations import (
    Assign,
    Attribute,
    Call,
    Constant,
    FunctionDefinition,
    Name,
    Operation,
    Place,
)
from flake8_bn_eval.wording import describe

if TYPE_CHECKING:
    from flake8_bn_eval.facts.gathered import Gathered


class Pass(Enum):
    """What a forward call shows about a setting of the flag that reaches it."""

    EVALUATED = "in evaluation mode: the running statistics are taken, whatever the flag says"
    PREDICTED = "a prediction in the training mode that nobody has left"
    TRAINED = "in training mode: the flag decides whether the running statistics move"


Passes = dict[Pass, Forward]
"""One forward call for each kind that was met."""


@dataclass(slots=True)
class Outcome:
    """The forward calls that one setting reaches, by the value that it gives the flag."""

    on: Passes = field(default_factory=dict)
    off: Passes = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Standing:
    """A setting that holds at some operation; ``names`` call the module whose layers it is of."""

    effect: Effect
    names: frozenset[str]


class StatisticsPasses:
    """Follows the settings of one file to the forward calls behind them."""

    def __init__(self, facts: Gathered) -> None:
        self._facts = facts

    @cached_property
    def outcomes(self) -> dict[Place, Outcome]:
        """What was met behind each setting, by the place where it is written."""
        found: dict[Place, Outcome] = {}
        for function in (None, *self._facts.program.functions):
            effects = self._facts.effects.of(function)
            settings = [each for each in effects if each.kind is Kind.STATISTICS]
            if settings and _key(function) in self._forwards:
                for standing, forward in self._met(function, settings):
                    self._note(found, standing.effect, forward)
        return found

    def _note(self, found: dict[Place, Outcome], effect: Effect, forward: Forward) -> None:
        kind, value = self._kind(forward), effect.value
        if kind is not None and isinstance(value, Constant):
            outcome = found.setdefault(effect.origin, Outcome())
            passes = outcome.on if value.value else outcome.off
            passes.setdefault(kind, forward)

    def _kind(self, forward: Forward) -> Pass | None:
        if forward.record.modes.must_be(Mode.EVAL):
            return Pass.EVALUATED
        if forward.record.trained:
            return Pass.TRAINED
        if not forward.may_be(Mode.TRAIN):
            return None
        left_alone = self._facts.is_born_in(Mode.TRAIN, forward)
        return Pass.PREDICTED if left_alone and forward.is_inference else Pass.TRAINED

    @cached_property
    def _forwards(self) -> dict[object, dict[Place, list[Forward]]]:
        """The forward calls by each function that is running, and its call that leads there."""
        found: dict[object, dict[Place, list[Forward]]] = {}
        for forward in self._facts.forwards:
            record = forward.record
            if not forward.is_module or record.inside_forward:
                continue
            calls = [site.call for site in record.stack[1:]]
            for site, call in zip(record.stack, [*calls, record.place], strict=True):
                if call is not None:
                    places = found.setdefault(_key(site.definition), {})
                    places.setdefault(call, []).append(forward)
        return found

    def _met(
        self, function: FunctionDefinition | None, settings: list[Effect]
    ) -> Iterator[tuple[Standing, Forward]]:
        """The forward calls behind each setting, in one function and what it calls."""
        body = self._facts.program.body if function is None else function.body
        walk = _Walk(settings, self._forwards[_key(function)], function is None)
        Reaching(walk.passing).through(body)
        return iter(walk.met)


class _Walk:
    """Goes through the operations of one body."""

    def __init__(
        self, settings: list[Effect], forwards: dict[Place, list[Forward]], is_module: bool
    ) -> None:
        self.met: list[tuple[Standing, Forward]] = []
        self._forwards = forwards
        self._is_module = is_module
        self._settings: dict[Place, list[Effect]] = {}
        for each in settings:
            self._settings.setdefault(each.place, []).append(each)

    def passing(
        self, operation: Operation, standing: frozenset[Standing]
    ) -> frozenset[Standing]:
        """Note the forward calls of an operation; what holds behind it."""
        before = standing
        calls = [each for each in expressions(operation) if isinstance(each, Call)]
        for call in reversed(calls):  # what is inside is evaluated first
            settings = self._settings.get(call.place, [])
            if not settings:
                self._note(call, standing)
            standing = _set(standing, settings)
        standing = _set(standing, self._settings.get(getattr(operation, "place", -1), []))
        if isinstance(operation, Assign):
            names = {describe(each) for each in operation.targets if _is_named(each)}
            fresh = standing - before
            standing = (standing & before) | {
                replace(each, names=each.names | names) for each in fresh
            }
        return standing

    def _note(self, call: Call, standing: Iterable[Standing]) -> None:
        for forward in self._forwards.get(call.place, ()):
            for each in standing:
                if self._concerns(each, call, forward):
                    self.met.append((each, forward))

    def _concerns(self, standing: Standing, call: Call, forward: Forward) -> bool:
        """Whether the module that is called may hold the layers, or be one of them."""
        direct = forward.place == call.place
        own = forward.subject.startswith("self.")
        if direct or self._is_module and not own:
            if _are_related(standing.names, {forward.subject, describe(call.callee)}):
                return True
        if direct:
            return False
        if own and all(each.startswith("self.") for each in standing.names):
            return _are_related(standing.names, {forward.subject})
        said = {describe(each) for each in expressions(call) if _is_named(each)}
        return _are_related(standing.names, said)


def _key(function: FunctionDefinition | None) -> object:
    return None if function is None else id(function)


def _set(standing: frozenset[Standing], settings: list[Effect]) -> frozenset[Standing]:
    """What holds after some settings, of which a later one replaces an earlier one."""
    for position, effect in enumerate(settings):
        earlier = settings[:position]
        kept = {
            each
            for each in standing
            if not effect.concerns(each.effect)
            or any(each.effect is it and it.excludes(effect) for it in earlier)
        }
        standing = frozenset({*kept, Standing(effect, frozenset({effect.subject}))})
    return standing


def _is_named(expression: object) -> bool:
    return isinstance(expression, Name | Attribute)


def _are_related(names: Iterable[str], others: Iterable[str]) -> bool:
    """Whether one of these is a part of one of those, or the other way round."""
    return any(
        one == other or one.startswith((f"{other}.", f"{other}[")) or
        other.startswith((f"{one}.", f"{one}["))
        for one in names
        for other in others
    )
