"""Assignments to the flag ``training`` of modules."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum

from flake8_bn_eval.facts.predictors import MODULE_METHODS, last_name
from flake8_bn_eval.facts.written.attributes import AttributeAssignment, Attributes
from flake8_bn_eval.facts.written.natures import MODULES, Nature, Natures
from flake8_bn_eval.knowledge.lookup import Knowledge
from flake8_bn_eval.knowledge.words import mentions
from flake8_bn_eval.modes.lattice import Mode
from flake8_bn_eval.operations import (
    Attribute,
    Comparison,
    Expression,
    FunctionDefinition,
    Name,
    Negation,
    Place,
)
from flake8_bn_eval.wording import describe

CONSTRUCTOR = "__init__"
LITERAL = {True: Mode.TRAIN, False: Mode.EVAL}
MODE_METHODS = frozenset({"train", "eval"})
WALKING = frozenset({"children", "modules", "named_children", "named_modules", "apply"})


class Reach(Enum):
    """Whether more modules hang on the module whose flag is set."""

    CHILDREN = "it has children"
    PRESUMABLY = "by its name and use it is a whole model"
    NONE = "it has none, or nobody knows"


@dataclass(frozen=True, slots=True)
class ModeAssignment:
    """``subject.training = ...``; ``mode`` is what a literal says, None if it is none.

    ``restores``     it puts back what the flag was before an `eval()` or `train()` here, which
                     have set the flags of the children, too
    ``beside_call``  the same function calls `train()` or `eval()` of the same subject, or walks
                     over its submodules, which then get their own assignment
    ``in_override``  it stands in a `train()` or `eval()` of a class
    ``in_test``      it stands in a test of a test framework
    """

    place: Place
    subject: str
    mode: Mode | None
    reach: Reach
    restores: bool
    beside_call: bool
    in_override: bool
    in_test: bool

    @property
    def reaches_too_little(self) -> bool:
        """Whether there are children that the flag should have reached.

        A test may be of a switch that one module of a library has at the top.
        """
        if self.in_override or self.in_test:
            return False
        return self.restores or self.reach is not Reach.NONE and not self.beside_call


class Flags:
    """Finds the assignments to the flags of modules."""

    def __init__(
        self,
        attributes: Attributes,
        natures: Natures,
        knowledge: Knowledge,
        imported: frozenset[str],
    ) -> None:
        self._attributes = attributes
        self._natures = natures
        self._vocabulary = knowledge.vocabulary
        self._has_tests = not imported.isdisjoint(knowledge.vocabulary.test_frameworks)

    def mode_assignments(self) -> Iterator[ModeAssignment]:
        """Every assignment to ``training`` that chooses a mode."""
        for each in self._attributes.assignments("training"):
            restores = self._restores(each)
            chooses = isinstance(each.literal, bool) or self._is_flag(each.value)
            if restores or chooses and not self._is_beginning(each):
                yield ModeAssignment(
                    each.place,
                    each.subject,
                    LITERAL.get(each.literal) if isinstance(each.literal, bool) else None,
                    self._reach(each),
                    restores,
                    self._is_beside_call(each),
                    each.function is not None and each.function.name in MODE_METHODS,
                    self.is_test(each.function),
                )

    def _is_flag(self, value: Expression) -> bool:
        """``training``, ``not frozen``, ``phase == "train"``: a mode that somebody hands over."""
        match value:
            case Negation() | Comparison():
                return True
            case Name(variable=(_, name)):
                return mentions(name, self._vocabulary.mode_flags)
        return False

    def _restores(self, assignment: AttributeAssignment) -> bool:
        """``x.training = saved``, in a function that has saved it and set the mode of ``x``."""
        if not isinstance(assignment.value, Name):
            return False
        if self._natures.of(assignment.owner, assignment.function) is Nature.LEAF:
            return False
        saved = self._natures.assigned_to(assignment.value)
        return (
            bool(saved)
            and all(
                isinstance(each, Attribute)
                and each.name == "training"
                and describe(each.value) == assignment.subject
                for each in saved
            )
            and self._sets_mode(assignment)
            and not self._walks(assignment)
        )

    def _is_beginning(self, assignment: AttributeAssignment) -> bool:
        """In a constructor: the mode in which all is born, an option, or before any child."""
        function = assignment.function
        own = self._natures.instance(assignment.owner, function)
        if own is None or function is None or function.name != CONSTRUCTOR:
            return False
        if assignment.literal is not False:
            return True
        children = (
            each
            for each in self._natures.fields(own)
            if each.function is function and each.place < assignment.place
        )
        return not any(
            self._natures.of(each.value, function) in (*MODULES, Nature.UNSEEN)
            for each in children
        )

    def _reach(self, assignment: AttributeAssignment) -> Reach:
        match self._natures.of(assignment.owner, assignment.function):
            case Nature.COMPOSITE:
                return Reach.CHILDREN
            case Nature.UNSEEN if self._is_used_as_module(assignment):
                return Reach.PRESUMABLY
            case Nature.UNKNOWN if self._is_called_like_model(assignment):
                return Reach.PRESUMABLY
        return Reach.NONE

    def _is_called_like_model(self, assignment: AttributeAssignment) -> bool:
        """A parameter, or an attribute of ``self``, with the name and the use of a model."""
        owner = assignment.owner
        if isinstance(owner, Attribute):
            owner = owner.value
        name = last_name(assignment.subject)
        return (
            isinstance(owner, Name)
            and self._natures.instance(owner, assignment.function) is None
            and mentions(name, self._vocabulary.modules)
            and not mentions(name, self._vocabulary.single_layers)
            and self._is_used_as_module(assignment)
        )

    def _is_used_as_module(self, assignment: AttributeAssignment) -> bool:
        subject = assignment.subject
        used = self._attributes.methods_of(subject)
        return subject in self._attributes.called or not MODULE_METHODS.isdisjoint(used)

    def _is_beside_call(self, assignment: AttributeAssignment) -> bool:
        return self._sets_mode(assignment) or self._walks(assignment)

    def _sets_mode(self, assignment: AttributeAssignment) -> bool:
        return self._is_called_on(assignment, *MODE_METHODS)

    def _walks(self, assignment: AttributeAssignment) -> bool:
        return self._is_called_on(assignment, *WALKING)

    def _is_called_on(self, assignment: AttributeAssignment, *methods: str) -> bool:
        return any(
            call.function is assignment.function and call.subject == assignment.subject
            for call in self._attributes.calls(*methods)
        )

    def is_test(self, function: FunctionDefinition | None) -> bool:
        """Whether a function is a test of a test framework."""
        return function is not None and self._has_tests and function.name.startswith("test")
