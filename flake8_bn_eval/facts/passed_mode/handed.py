"""Which mode a call hands over: on, off, nothing, or what its own caller says."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import Enum

from flake8_bn_eval.facts.passed_mode.views import View
from flake8_bn_eval.facts.written.call_graph import Caller
from flake8_bn_eval.operations import (
    Call,
    Constant,
    Expression,
    FunctionDefinition,
    Name,
    Negation,
    Variable,
)
from flake8_bn_eval.wording import identifiers


class Mode(Enum):
    """What a call says of the mode."""

    ON = "training"
    OFF = "inference"
    NOTHING = "nothing: inference, unless a layer around it trains"
    CALLER = "what the caller of the function says"
    UNKNOWN = "nobody can tell"

    __hash__ = object.__hash__

    @property
    def opposite(self) -> Mode:
        """The mode that an argument of the opposite sense gives."""
        return {Mode.ON: Mode.OFF, Mode.OFF: Mode.ON}.get(self, self)


@dataclass(frozen=True, slots=True, eq=False)
class Handed:
    """``variable`` is the parameter that decides, where the caller does.

    ``written`` tells that the call itself has the argument.
    """

    mode: Mode
    variable: Variable | None = None
    written: bool = False
    opposite: bool = False
    callers: int = 0
    """How many callers out of the call the mode is decided on purpose."""


@dataclass(frozen=True, slots=True)
class Manner:
    """How a model is called: so many arguments for its state come before its inputs.

    A model of Flax that is told nothing has been told by its constructor, or by a default.
    """

    state: int = 0
    is_linen: bool = False


class Handing:
    """Reads the argument."""

    def __init__(self, view: View) -> None:
        self.view = view
        vocabulary = view.knowledge.vocabulary
        self.straight = vocabulary.mode_arguments
        self.reversed = vocabulary.opposite_mode_arguments

    def of(self, call: Call, signature: FunctionDefinition | None, manner: Manner) -> Handed:
        """What a call of a model hands over; ``signature`` is the model's own ``call``."""
        passed = self.view.graph.passed(call)
        inputs = passed.positional[manner.state :]
        for name, value in passed.keywords.items():
            if name in self.straight | self.reversed:
                return self.read(value, name in self.reversed)
        names = [] if signature is None else [each.name for each in signature.parameters][1:]
        for position, value in enumerate(inputs):
            name = names[position] if position < len(names) else ""
            if name in self.straight | self.reversed:
                return self.read(value, name in self.reversed)
            if not names and position and self._speaks(value):
                return self.read(value, False)
        if passed.open or not names and len(inputs) > 1:
            return Handed(Mode.UNKNOWN)
        said = self._default(signature)
        return said if said.written or not manner.is_linen else Handed(Mode.UNKNOWN)

    def _speaks(self, value: Expression) -> bool:
        if isinstance(value, Constant):
            return isinstance(value.value, bool)
        return not self.straight.isdisjoint(identifiers(value))

    def _default(self, signature: FunctionDefinition | None) -> Handed:
        for each in signature.parameters if signature is not None else ():
            if each.name in self.straight | self.reversed:
                if each.default is None:
                    return Handed(Mode.UNKNOWN)
                mode = self.read(each.default, each.name in self.reversed).mode
                # Keras takes a default of False for no word about the mode.
                return Handed(Mode.NOTHING if mode is Mode.OFF else mode, written=True)
        return Handed(Mode.NOTHING)

    def read(self, value: Expression, opposite: bool) -> Handed:
        """What a value says of the mode."""
        match value:
            case Constant(value=None):
                return Handed(Mode.NOTHING, written=True)
            case Constant(value=bool() | int() as number):
                mode = Mode.ON if number else Mode.OFF
                return Handed(mode.opposite if opposite else mode, written=True)
            case Negation():
                return self.read(value.operand, not opposite)
            case Name() if value.variable in self.view.survey.parameters:
                if value.variable not in self.view.survey.names:
                    return Handed(Mode.CALLER, value.variable, True, opposite)
                return Handed(Mode.UNKNOWN, written=True)
        known = {each.value for each in self.view.constants.of(value)}
        if known in ({True}, {False}):
            mode = Mode.ON if known == {True} else Mode.OFF
            return Handed(mode.opposite if opposite else mode, written=True)
        return Handed(Mode.UNKNOWN, written=True)

    def through(self, handed: Handed, caller: Caller) -> Handed:
        """What a parameter is for one caller of its function."""
        assert handed.variable is not None
        value, unseen = self.view.graph.argument(caller, handed.variable)
        if value is not None:
            return replace(self.read(value, handed.opposite), callers=handed.callers + 1)
        default = self.view.survey.parameters[handed.variable][1].default
        if unseen or default is None:
            return Handed(Mode.UNKNOWN)
        said = replace(self.read(default, handed.opposite), callers=handed.callers)
        # Who leaves an argument out has said nothing of the mode, whatever its default is.
        return replace(said, mode=Mode.NOTHING) if said.mode is Mode.OFF else said
