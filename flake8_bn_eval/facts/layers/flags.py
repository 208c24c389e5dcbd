"""Assignments to the flags of modules: ``training`` and ``track_running_stats``."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum

from flake8_bn_eval.facts.purpose import MODULE_METHODS, last_name
from flake8_bn_eval.facts.written.attributes import AttributeAssignment, Attributes
from flake8_bn_eval.facts.written.natures import Nature, Natures
from flake8_bn_eval.knowledge.lookup import Knowledge
from flake8_bn_eval.knowledge.words import mentions
from flake8_bn_eval.modes.lattice import Mode
from flake8_bn_eval.operations import Attribute, FunctionDefinition, Name, Place

MODE_METHODS = frozenset({"train", "eval"})
WALKING = frozenset({"children", "modules", "named_children", "named_modules", "apply"})


class Reach(Enum):
    """Whether more modules hang on the module whose flag is set."""

    CHILDREN = "it has children"
    PRESUMABLY = "by its name and use it is a whole model"
    NONE = "it has none, or nobody knows"


@dataclass(frozen=True, slots=True)
class ModeAssignment:
    """``subject.training = True`` or ``False``.

    ``beside_call``  the same function calls `train()` or `eval()` of the same subject, or walks
                     over its submodules, which then get their own assignment
    ``in_override``  it stands in a `train()` or `eval()` of a class
    ``in_test``      it stands in a test of a test framework
    """

    place: Place
    subject: str
    mode: Mode
    reach: Reach
    beside_call: bool
    in_override: bool
    in_test: bool

    @property
    def reaches_too_little(self) -> bool:
        """Whether there are children that the flag should have reached.

        A test may be of a switch that one module of a library has at the top.
        """
        return self.reach is not Reach.NONE and not self.in_test


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
        """Every assignment of a literal to ``training``."""
        for each in self._attributes.assignments("training"):
            if isinstance(each.literal, bool):
                yield ModeAssignment(
                    each.place,
                    each.subject,
                    Mode.TRAIN if each.literal else Mode.EVAL,
                    self._reach(each),
                    self._is_beside_call(each),
                    each.function is not None and each.function.name in MODE_METHODS,
                    self.is_test(each.function),
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
        return any(
            call.function is assignment.function and call.subject == assignment.subject
            for call in self._attributes.calls(*MODE_METHODS, *WALKING)
        )

    def is_test(self, function: FunctionDefinition | None) -> bool:
        """Whether a function is a test of a test framework."""
        return function is not None and self._has_tests and function.name.startswith("test")
