"""Layers that are built while a module is called, and called on the spot.

Such a layer is nobody's child: no `eval()` reaches it, no optimizer has its weights.  One that
is stored, returned or handed on may be somebody's after all, and one whose weights are set
by hand is a filter that is meant: both are left alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from flake8_bn_eval.facts.written.forward_paths import ForwardPaths
from flake8_bn_eval.facts.written.listing import expressions, operations
from flake8_bn_eval.facts.written.passed import Passed
from flake8_bn_eval.facts.written.survey import CallSite, Survey
from flake8_bn_eval.knowledge.lookup import Knowledge
from flake8_bn_eval.knowledge.rows import CallableRow
from flake8_bn_eval.operations import Attribute, Call, Expression, FunctionDefinition, Name, Place
from flake8_bn_eval.wording import describe

LONGEST_CHAIN = 6
SAME = "self"
"""Effect of a method that returns the module itself."""


@dataclass(frozen=True, slots=True)
class BuiltLayer:
    """A layer that is built and called in a forward path.

    ``learns``     it has weights, which are random in every call
    ``sensitive``  it computes differently in its two modes, and is always in training mode
    """

    place: Place
    subject: str
    learns: bool
    sensitive: bool


@dataclass(frozen=True, slots=True, eq=False)
class Construction:
    """A call that makes a layer of a library, or a container with one in it."""

    site: CallSite
    row: CallableRow
    sensitive: bool
    learns: bool
    passed: Passed


class BuiltLayers:
    """Finds them."""

    def __init__(
        self,
        survey: Survey,
        constructions: dict[int, Construction],
        paths: ForwardPaths,
        knowledge: Knowledge,
    ) -> None:
        self.survey = survey
        self.constructions = constructions
        self.paths = paths
        self.knowledge = knowledge

    def found(self) -> Iterator[BuiltLayer]:
        """Every layer that is built and called in a forward path."""
        seen: set[int] = set()
        for site in self.survey.calls:
            for made in self._made(site.call.callee, site.function, LONGEST_CHAIN):
                if id(made) not in seen and self._matters(made):
                    seen.add(id(made))
                    call = made.site.call
                    subject = describe(call.callee)
                    yield BuiltLayer(call.place, subject, made.learns, made.sensitive)

    def _matters(self, made: Construction) -> bool:
        """Whether it is built in a forward path, whatever the mode if only the mode matters."""
        if not made.learns and not made.sensitive:
            return False
        return self.paths.has(made.site, in_evaluation=not made.learns)

    def _made(
        self, callee: Expression, function: FunctionDefinition | None, depth: int
    ) -> Iterator[Construction]:
        """The layers that a callee may be, if they were built for this call."""
        if depth == 0:
            return
        match callee:
            case Call(callee=Attribute() as method):
                if self._returns_itself(method.name):
                    yield from self._made(method.value, function, depth - 1)
                elif id(callee) in self.constructions:
                    yield self.constructions[id(callee)]
            case Call() if id(callee) in self.constructions:
                yield self.constructions[id(callee)]
            case Name() if function is not None:
                given = self.survey.names.get(callee.variable, [])
                local = all(each.function is function and each.whole for each in given)
                values = [each.value for each in given] if local else []
                made = [it for value in values for it in self._made(value, function, depth - 1)]
                if made and not self._escapes(callee, function):
                    yield from made

    def _returns_itself(self, name: str) -> bool:
        row = self.knowledge.method("module", name)
        return row is not None and row.effect == SAME

    def _escapes(self, name: Name, function: FunctionDefinition) -> bool:
        """Whether a local layer is used for more than to be called."""
        uses = harmless = 0
        for operation in operations(function.body):
            for each in expressions(operation):
                if isinstance(each, Name) and each.variable == name.variable:
                    uses += 1
                harmless += self._is_harmless(each, name)
        assigned = len(self.survey.names.get(name.variable, ()))
        return uses > harmless + assigned

    def _is_harmless(self, expression: Expression, name: Name) -> bool:
        """A call of the layer, or of a method that returns it."""
        match expression:
            case Call(callee=Name(variable=variable)):
                return variable == name.variable
            case Call(callee=Attribute(value=Name(variable=variable), name=method)):
                return variable == name.variable and self._returns_itself(method)
        return False
