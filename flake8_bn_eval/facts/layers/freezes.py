"""Freezes of norm layers that do not last, or that freeze only half.

`eval()` of a norm layer lasts until the next `train()` of a module around it, which a training
loop calls at each epoch.  A module that shall stay frozen overrides `train()`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from flake8_bn_eval.facts.layers.freezing import Effect, Effects, Kind
from flake8_bn_eval.facts.written.attributes import Attributes
from flake8_bn_eval.facts.written.classes import ClassFact
from flake8_bn_eval.facts.written.natures import Natures
from flake8_bn_eval.findings import Remark
from flake8_bn_eval.interpret.calls.types import MODULE
from flake8_bn_eval.operations import (
    Call,
    Comparison,
    Constant,
    Expression,
    FunctionDefinition,
    Junction,
    Name,
    Negation,
    Place,
    Program,
)

CONSTRUCTOR = "__init__"
FITTING = ("train", "backward", "fit")
FREEZING = frozenset({Kind.FREEZE, Kind.FREEZE_PARAMETERS})
MODES_FROZEN = frozenset({Kind.FREEZE, Kind.FREEZE_PART})


@dataclass(frozen=True, slots=True)
class Undone:
    """Norm layers of a subject are frozen at ``place``, but not for long."""

    place: Place
    subject: str
    remarks: tuple[Remark, ...]


@dataclass(frozen=True, slots=True)
class HiddenFreeze:
    """``self.freeze_bn = flag``: an attribute hides the method that would freeze."""

    place: Place
    class_name: str
    method: str


class Freezes:
    """Judges the freezes of one file."""

    def __init__(
        self, program: Program, effects: Effects, attributes: Attributes, natures: Natures
    ) -> None:
        self._program = program
        self._effects = effects
        self._attributes = attributes
        self._natures = natures

    @property
    def _functions(self) -> list[FunctionDefinition | None]:
        return [None, *self._program.functions]

    def undone(self) -> Iterator[Undone]:
        """The freezes that a later `train()` puts an end to."""
        found: dict[Place, Undone] = {}
        for function in self._functions:
            for each in self._undone_in(function):
                found.setdefault(each.place, each)
        for class_ in self._effects.graph.classes.all:
            for each in (*self._undone_of(class_), *self._undone_parts_of(class_)):
                found.setdefault(each.place, each)
        return iter(found.values())

    def _undone_in(self, function: FunctionDefinition | None) -> Iterator[Undone]:
        effects = self._effects.of(function)
        fixed = _fixed(effects)
        for index, freeze in enumerate(effects):
            meant = freeze.kind is Kind.FREEZE or _is_fixed_part(freeze, fixed)
            if not meant or self._keeps_itself(function, freeze):
                continue
            later = effects[index + 1 :]
            for position, train in enumerate(later):
                if train.place == freeze.place:
                    continue  # both are in a function that is called here: it is reported there
                again = later[position + 1 :]
                if _thaws(train, freeze) and not _freezes_again(again, freeze, train):
                    yield _report(freeze, train)
                    break

    def _keeps_itself(self, function: FunctionDefinition | None, freeze: Effect) -> bool:
        """The subject is of a class of the file that has its own `train`."""
        if function is None:
            return False
        owner = self._effects.graph.classes.of_method(function)
        own = owner is not None and freeze.subject.partition(".")[0] == "self"
        return own and owner is not None and _overrides_train(owner)

    # Classes

    def _undone_of(self, class_: ClassFact) -> Iterator[Undone]:
        constructor = class_.methods.get(CONSTRUCTOR)
        variable = None if constructor is None else class_.self_of(constructor)
        if constructor is None or variable is None or _overrides_train(class_):
            return
        effects = self._effects.of(constructor)
        for freeze in effects:
            own = freeze.subject.partition(".")[0] == variable[1]
            if own and freeze.kind is Kind.FREEZE_PART and class_.is_module is False:
                train = self._thawed_by_method(class_, freeze)
                if train is not None and freeze.subject != train.subject:
                    yield _report(freeze, train)
            elif own and freeze.kind is Kind.FREEZE:
                train = self._thawed_by_method(class_, freeze)
                if train is not None:
                    yield _report(freeze, train)
                elif class_.is_module and all(each in MODULE for each in class_.outside):
                    yield Undone(freeze.place, freeze.subject, _remarks(freeze))

    def _undone_parts_of(self, class_: ClassFact) -> Iterator[Undone]:
        """Parts with norm layers that the constructor of a module puts in evaluation mode.

        A part whose parameters are frozen too, or a module that is seen to be trained, shows
        that this was to last.
        """
        constructor = class_.methods.get(CONSTRUCTOR)
        plain = class_.is_module and all(each in MODULE for each in class_.outside)
        if constructor is None or not plain or class_.method("train") is not None:
            return
        others = [each for each in class_.methods.values() if each is not constructor]
        again = [each for method in others for each in self._effects.of(method)]
        effects = self._effects.of(constructor)
        fixed = _fixed(effects)
        for freeze in effects:
            if freeze.kind is not Kind.FREEZE_PART or _is_done_again(again, freeze):
                continue
            if freeze.subject in fixed or self._is_trained(class_):
                yield Undone(freeze.place, freeze.subject, _remarks(freeze))

    def _is_trained(self, class_: ClassFact) -> bool:
        """Whether somebody calls `train()` of an instance."""
        graph = self._effects.graph
        return any(
            isinstance(origin, Call) and graph.bindings.meaning(origin.callee) is class_.definition
            for call in self._attributes.calls("train")
            for origin in graph.origins(call.owner)
        )

    def _thawed_by_method(self, class_: ClassFact, freeze: Effect) -> Effect | None:
        """A `train()` in another method, which nothing there freezes again."""
        for method in class_.methods.values():
            effects = self._effects.of(method) if method.name != CONSTRUCTOR else []
            for index, train in enumerate(effects):
                again = effects[index + 1 :]
                if _thaws(train, freeze) and not _freezes_again(again, freeze, train):
                    return train
        return None

    # Hidden methods

    def hidden(self) -> Iterator[HiddenFreeze]:
        """Attributes that hide a method of the class which freezes something."""
        for assignment in self._attributes.all_assignments:
            class_ = self._natures.instance(assignment.owner, assignment.function)
            method = None if class_ is None else class_.method(assignment.name)
            if class_ is None or method is None or not class_.is_module or method.decorators:
                continue
            if _is_flag(assignment.value, assignment.function) and self._freezes(method):
                yield HiddenFreeze(assignment.place, class_.name, assignment.name)

    def _freezes(self, method: FunctionDefinition) -> bool:
        return any(each.kind in FREEZING for each in self._effects.of(method))

    # Half a freeze

    def parameters_only(self) -> Iterator[Effect]:
        """Norm layers whose parameters are frozen and whose statistics go on moving."""
        every = [each for function in self._functions for each in self._effects.of(function)]
        if any(each.kind is Kind.FREEZE for each in every) or not self._trains():
            return
        found: dict[tuple[str, tuple[object, ...]], Effect] = {}
        for each in every:
            if each.kind is Kind.FREEZE_PARAMETERS and each.place == each.origin:
                found.setdefault((each.subject, each.guards), each)
        yield from found.values()

    def _trains(self) -> bool:
        fits = any(True for _ in self._attributes.calls(*FITTING))
        return fits or any(True for _ in self._effects.graph.classes.modules())


def _thaws(train: Effect, freeze: Effect) -> bool:
    """Whether a `train()` reaches what was frozen."""
    reaches = freeze.subject == train.subject or freeze.subject.startswith(f"{train.subject}.")
    return train.kind is Kind.TRAIN and reaches and not train.excludes(freeze)


def _freezes_again(effects: list[Effect], freeze: Effect, train: Effect) -> bool:
    """Whether it is frozen anew; the module as a whole is in evaluation mode for other reasons."""
    return any(
        each.kind in MODES_FROZEN
        and each.concerns(freeze)
        and (each.kind is Kind.FREEZE or each.subject != train.subject)
        for each in effects
    )


def _fixed(effects: list[Effect]) -> set[str]:
    """The parts whose parameters are frozen."""
    return {each.subject for each in effects if each.kind is Kind.FREEZE_PART_PARAMETERS}


def _is_fixed_part(freeze: Effect, fixed: set[str]) -> bool:
    """Whether a part is put in evaluation mode of which nothing shall learn: that is to last."""
    return freeze.kind is Kind.FREEZE_PART and freeze.subject in fixed


def _overrides_train(class_: ClassFact) -> bool:
    """Whether a class has a `train` of its own that may stand for that of a module."""
    return class_.method("train") is not None and class_.is_module is not False


def _is_done_again(effects: list[Effect], freeze: Effect) -> bool:
    """Whether other methods do it as well, apart from the helper that does it here."""
    return any(
        each.kind in MODES_FROZEN and each.concerns(freeze) and each.place != freeze.origin
        for each in effects
    )


def _report(freeze: Effect, train: Effect) -> Undone:
    thawed = Remark(train.origin, f"`{train.subject}.train()` puts them back in training mode")
    return Undone(freeze.place, freeze.subject, (*_remarks(freeze), thawed))


def _remarks(freeze: Effect) -> tuple[Remark, ...]:
    if freeze.origin == freeze.place:
        return ()
    return (Remark(freeze.origin, "here the norm layers are put in evaluation mode"),)


def _is_flag(value: Expression, function: FunctionDefinition | None) -> bool:
    """A literal, a comparison, or a parameter: nothing that could be called as the method is."""
    match value:
        case Constant():
            return value.value is not None
        case Comparison() | Negation() | Junction():
            return True
        case Name(variable=(scope, _)):
            return function is not None and scope == function.scope and any(
                each.name == value.variable[1] for each in function.parameters
            )
    return False
