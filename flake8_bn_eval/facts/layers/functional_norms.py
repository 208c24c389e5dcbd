"""Norm functions in forward paths that are given a module's running statistics.

A function has no mode: it is told by an argument.  Where that argument never changes, the
running statistics are either never used or, unless somebody else does it, never updated.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from flake8_bn_eval.facts.written.call_graph import CONSTRUCTOR, CallGraph
from flake8_bn_eval.facts.written.classes import ClassFact
from flake8_bn_eval.facts.written.listing import expressions, operations
from flake8_bn_eval.knowledge.words import mentions
from flake8_bn_eval.operations import Attribute, Expression, Place

if TYPE_CHECKING:
    from flake8_bn_eval.facts.layers.library_calls import LibraryCall, LibraryCalls


@dataclass(frozen=True, slots=True)
class FunctionalNorm:
    """A norm function whose mode never changes; ``by_batch`` if it is training for ever."""

    place: Place
    subject: str
    by_batch: bool


class FunctionalNorms:
    """Finds them."""

    def __init__(self, calls: LibraryCalls) -> None:
        self.calls = calls
        self.graph: CallGraph = calls.graph

    def found(self) -> Iterator[FunctionalNorm]:
        """Every norm function in a forward path that is given buffers and a fixed mode."""
        fixed = [each for each in self.calls.all if self._is_fixed(each)]
        for call in fixed:
            owner = self._owner(call)
            buffers = self._buffers(call)
            if owner is None or buffers is None or self._is_frozen(owner):
                continue
            if not self._are_used_elsewhere(buffers, owner, fixed):
                training = call.argument("training")
                by_batch = training is not None and training.values == {1}
                yield FunctionalNorm(call.place, call.subject, by_batch)

    def _is_fixed(self, call: LibraryCall) -> bool:
        """Whether it is a function in a forward path that is always told the same mode."""
        training = call.argument("training")
        if call.is_layer or training is None or call.argument("running mean") is None:
            return False
        known = training.is_fixed and training.values in ({0}, {1})
        return known and call.in_evaluation and not call.is_meant

    def _owner(self, call: LibraryCall) -> ClassFact | None:
        function = call.site.function
        if function is None:
            return None
        return self.graph.classes.of_method(self.graph.survey.outermost(function))

    def _buffers(self, call: LibraryCall) -> list[Attribute] | None:
        """The attributes of `self` that it is given as running statistics, if they are some."""
        buffers: list[Attribute] = []
        for argument in (call.argument("running mean"), call.argument("running variance")):
            value = None if argument is None else argument.expression
            if value is None:
                return None
            if not isinstance(value, Attribute):
                value = self.graph.single(value)
            if not isinstance(value, Attribute) or self.graph.owner(value.value) is None:
                return None
            buffers.append(value)
        return buffers

    def _is_frozen(self, owner: ClassFact) -> bool:
        """Whether a class is meant to normalise by what it has loaded."""
        return mentions(owner.name, self.calls.knowledge.vocabulary.frozen_modules)

    def _are_used_elsewhere(
        self, buffers: list[Attribute], owner: ClassFact, fixed: list[LibraryCall]
    ) -> bool:
        """Whether something in the class may update the buffers, or normalise by them."""
        names = {each.name for each in buffers}
        own = {id(each) for call in fixed for each in self._buffers(call) or ()}
        return any(
            isinstance(each, Attribute) and each.name in names and id(each) not in own
            for each in self._written_in(owner)
        )

    def _written_in(self, owner: ClassFact) -> Iterator[Expression]:
        for kin in self.graph.kin(owner):
            for definition in kin.lineage:
                for method in definition.methods.values():
                    if method.name != CONSTRUCTOR:
                        for operation in operations(method.body):
                            yield from expressions(operation)
