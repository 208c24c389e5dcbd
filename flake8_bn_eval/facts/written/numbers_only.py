"""Values that went through numpy or plain numbers, and so have no graph any more.

Within one function, by what is written: a value is *cut* if all of it that came from a
module went that way.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import Enum

from flake8_bn_eval.facts.written.call_graph import CallGraph
from flake8_bn_eval.knowledge.lookup import Knowledge
from flake8_bn_eval.lazily import cached_property
from flake8_bn_eval.operations import (
    Attribute,
    Binary,
    Call,
    Comparison,
    Comprehension,
    Conditional,
    Constant,
    Display,
    Expression,
    Name,
    Negation,
    Starred,
    Subscript,
    Variable,
)

FILLING = frozenset({"append", "extend", "insert", "update", "setdefault"})
READING = frozenset({"numpy", "tolist", "item"})
NUMPY = ("numpy.", "builtins.float", "builtins.int")
MAKING = frozenset({"from_numpy", "tensor", "as_tensor", "Tensor", "FloatTensor", "DoubleTensor"})


class Cut(Enum):
    """Whether a value has lost the graph of the outputs that it comes from."""

    NO = "some of it may have a graph"
    YES = "it comes from an output, and has no graph"
    DATA = "it comes from no output"


class NumbersOnly:
    """Asks which values are cut."""

    def __init__(self, graph: CallGraph, knowledge: Knowledge) -> None:
        self._graph = graph
        self._knowledge = knowledge
        self._known: dict[Variable, Cut] = {}

    def of(self, value: Expression) -> Cut:
        """What a value is."""
        match value:
            case Constant():
                return Cut.DATA
            case Name():
                return self._of_name(value)
            case Attribute(value=inner) | Starred(value=inner) | Negation(operand=inner):
                return self.of(inner)
            case Subscript(value=inner):
                return self.of(inner)
            case Binary(left=left, right=right) | Comparison(left=left, right=right):
                return self._joined((left, right))
            case Conditional():
                return self._joined((value.then, value.otherwise))
            case Display(elements=elements):
                return self._joined(elements)
            case Comprehension(elements=elements):
                return self._joined(elements[-1:])
            case Call():
                return self._of_call(value)
        return Cut.NO

    def _joined(self, values: Iterable[Expression]) -> Cut:
        found = set(map(self.of, values))
        if Cut.NO in found:
            return Cut.NO
        return Cut.YES if Cut.YES in found else Cut.DATA

    def _of_name(self, name: Name) -> Cut:
        known = self._known.get(name.variable)
        if known is None:
            self._known[name.variable] = Cut.DATA  # what it was before adds nothing
            known = self._known[name.variable] = self._given(name)
        return known

    def _given(self, name: Name) -> Cut:
        survey = self._graph.survey
        given = survey.names.get(name.variable, [])
        if name.variable in self._filled:
            return Cut.NO
        if name.variable in survey.parameters or not given:
            return Cut.DATA
        return self._joined([each.value for each in given])

    @cached_property
    def _filled(self) -> frozenset[Variable]:
        """The names of containers that get more elements than their display has."""
        return frozenset(
            callee.value.variable
            for site in self._graph.survey.calls
            if isinstance(callee := site.call.callee, Attribute)
            and callee.name in FILLING
            and isinstance(callee.value, Name)
        )

    def _of_call(self, call: Call) -> Cut:
        arguments = [*call.arguments, *(value for _, value in call.keywords)]
        callee = call.callee
        path = self._graph.bindings.meaning(callee)
        if isinstance(path, str):
            if path.startswith(NUMPY):
                return self._cut(arguments)
            if path.startswith("torch.") and path.rpartition(".")[2] in MAKING:
                return self._joined(arguments)
            row = self._knowledge.callable(path)
            if row is not None and row.returns in ("tensor", "other"):
                return self._joined(arguments)
        elif isinstance(callee, Attribute):
            row_of_method = self._knowledge.method("tensor", callee.name)
            if callee.name in READING:
                return self._cut([callee.value])
            if row_of_method is not None:
                return self._joined([callee.value, *arguments])
        return Cut.NO

    def _cut(self, values: list[Expression]) -> Cut:
        """What a reading gives: numbers of an output, or those of data."""
        return Cut.DATA if self._joined(values) is Cut.DATA else Cut.YES
