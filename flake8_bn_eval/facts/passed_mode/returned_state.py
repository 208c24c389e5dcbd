"""Models without state of their own, whose new statistics nobody takes.

``model.apply(variables, x, mutable=["batch_stats"])`` and ``model.stateless_call(...)`` change
nothing: they give back the new statistics beside the output.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from flake8_bn_eval.facts.passed_mode.calls import ModelCall, ModelCalls
from flake8_bn_eval.facts.passed_mode.handed import Mode
from flake8_bn_eval.facts.passed_mode.views import View
from flake8_bn_eval.facts.written.listing import expressions, operations
from flake8_bn_eval.facts.written.survey import CallSite
from flake8_bn_eval.lazily import cached_property
from flake8_bn_eval.operations import (
    Assign,
    Attribute,
    Call,
    Constant,
    Display,
    Expression,
    FunctionDefinition,
    Name,
    Operation,
    Place,
    Return,
    Subscript,
    Variable,
)
from flake8_bn_eval.variables import used

STATISTICS = "batch_stats"
BOTH, ONLY_GRADIENTS = "value_and_grad", "grad"
Path = tuple[int, ...]
"""Where something is in nested tuples: the second of the first is ``(0, 1)``."""


@dataclass(frozen=True, slots=True)
class DroppedState:
    """New statistics that are thrown away; ``differentiated`` is the step that trains."""

    place: Place
    subject: str
    differentiated: Place


@dataclass(frozen=True, slots=True, eq=False)
class _Held:
    """The operation that a call stands in, and the function."""

    operation: Operation
    function: FunctionDefinition | None


class ReturnedStates:
    """Finds them in one file."""

    def __init__(self, calls: ModelCalls) -> None:
        self.calls = calls
        self.view: View = calls.view

    def dropped(self) -> Iterator[DroppedState]:
        """The first such call of each function, if no call in the file keeps its statistics."""
        giving = [site for site in self.view.survey.calls if self._gives_statistics(site.call)]
        if not giving or any(not self._is_lost(site.call) for site in giving):
            return
        seen: set[tuple[int, str]] = set()
        for call in self.calls.all:
            if call.region not in seen and self._trains(call, giving):
                assert call.step is not None
                seen.add(call.region)
                yield DroppedState(call.place, call.name, call.step.place)

    def _trains(self, call: ModelCall, giving: list[CallSite]) -> bool:
        if call.step is None or all(call.chain.site is not site for site in giving):
            return False
        if self.calls.purposes.is_test(call.chain):
            return False
        if _is_keras(call.chain.site.call):
            norms = any("Norm" in layer for layer in call.makeup.layers)
            return norms and call.handed.mode is Mode.ON
        return call.handed.mode is not Mode.OFF

    def _gives_statistics(self, call: Call) -> bool:
        if _is_keras(call):
            return True
        mutable = self.view.graph.passed(call).keywords.get("mutable")
        if mutable is None or not isinstance(call.callee, Attribute):
            return False
        return any(
            isinstance(each, Constant) and each.value == STATISTICS
            for origin in self.view.graph.origins(mutable)
            for each in expressions(origin)
        )

    # What becomes of them

    @cached_property
    def _operations(self) -> list[tuple[Operation, FunctionDefinition | None]]:
        """What is written in the file, each with the function that it stands in."""
        program = self.view.program
        outside = [program.body, *(each.body for each in program.classes)]
        found: list[tuple[Operation, FunctionDefinition | None]] = []
        found += [(it, None) for body in outside for it in operations(body)]
        found += [(it, each) for each in program.functions for it in operations(each.body)]
        return found

    @cached_property
    def _held(self) -> dict[int, _Held]:
        """Where each call is written."""
        held: dict[int, _Held] = {}
        for operation, function in self._operations:
            for each in expressions(operation):
                if isinstance(each, Call):
                    held.setdefault(id(each), _Held(operation, function))
        return held

    @cached_property
    def _readers(self) -> dict[Variable, list[Operation]]:
        """The operations that read a variable."""
        readers: dict[Variable, list[Operation]] = {}
        for operation, _ in self._operations:
            for variable in used(operation):
                readers.setdefault(variable, []).append(operation)
        return readers

    def _is_lost(self, call: Call) -> bool:
        """Whether what a call gives beside its output is thrown away."""
        held = self._held.get(id(call))
        if held is None:
            return False
        for each in expressions(held.operation):
            if isinstance(each, Subscript) and each.value is call:
                return _is_first(each.index)
        match held.operation:
            case Assign(targets=[target], value=value) if value is call:
                return self._is_unread(target, (1,), held)
        return False

    def _is_unread(self, target: Expression, path: Path, held: _Held) -> bool:
        """Whether what lies at a path of a value is not read once the value is assigned."""
        found, rest = _at(target, path)
        if not isinstance(found, Name):
            return False
        readers = self._readers.get(found.variable, [])
        in_loop = isinstance(held.operation, Assign) and self._in_loop(held.operation.value)
        if not in_loop:  # the arguments of the call itself are what was there before
            readers = [each for each in readers if each is not held.operation]
        if rest == (1,) and readers:
            return all(_takes_first(each, found.variable) for each in readers)
        return all(self._is_returned_in_vain(it, found.variable, held.function) for it in readers)

    def _in_loop(self, value: Expression) -> bool:
        return isinstance(value, Call) and bool(self.calls.steps.regions.of(value).loops)

    def _is_returned_in_vain(
        self, operation: Operation, variable: Variable, function: FunctionDefinition | None
    ) -> bool:
        """Whether a loss hands statistics out that are not read beside its gradients."""
        if not isinstance(operation, Return) or operation.value is None or function is None:
            return False
        path = _path_to(operation.value, variable)
        askers = [site for site, given in self.calls.steps.askers if given is function]
        if path is None or path[:1] == (0,) or not askers:
            return False
        results = [it for asker in askers for it in self._results(asker.call)]
        return bool(results) and all(
            self._is_lost_result(result, (0, *path) if both else path) for result, both in results
        )

    def _results(self, differentiator: Call) -> Iterator[tuple[Call, bool]]:
        """The calls of a differentiated function, and whether they give its value, too."""
        callee = differentiator.callee
        name = callee.name if isinstance(callee, Attribute) else ""
        name = name or next(iter(self.view.graph.callees(callee)), "")
        both = name.rpartition(".")[2] == BOTH
        for site in self.calls.steps.results(differentiator):
            yield site.call, both

    def _is_lost_result(self, call: Call, path: Path) -> bool:
        held = self._held.get(id(call))
        match held:
            case _Held(operation=Assign(targets=[target], value=value)) if value is call:
                return self._is_unread(target, path, held)
        return False


def _is_keras(call: Call) -> bool:
    return isinstance(call.callee, Attribute) and call.callee.name == "stateless_call"


def _is_first(index: Expression) -> bool:
    return isinstance(index, Constant) and index.value == 0


def _takes_first(operation: Operation, variable: Variable) -> bool:
    """Whether all that an operation reads of a variable is its first element."""
    firsts = {
        id(each.value)
        for each in expressions(operation)
        if isinstance(each, Subscript) and _is_first(each.index)
    }
    names = [it for it in expressions(operation) if isinstance(it, Name)]
    return all(id(each) in firsts for each in names if each.variable == variable)


def _at(target: Expression, path: Path) -> tuple[Expression, Path]:
    """The part of a target at a path, as far as it is written out, and the rest of the path."""
    while path and isinstance(target, Display) and path[0] < len(target.elements):
        target, path = target.elements[path[0]], path[1:]
    return target, path


def _path_to(value: Expression, variable: Variable) -> Path | None:
    """Where a variable stands in a tuple that is written out, if that is the only place."""
    if isinstance(value, Name):
        return () if value.variable == variable else None
    if not isinstance(value, Display):
        return None
    paths = [
        (index, *path)
        for index, element in enumerate(value.elements)
        if (path := _path_to(element, variable)) is not None
    ]
    mentions = [it for it in expressions(value) if isinstance(it, Name) and it.variable == variable]
    return paths[0] if len(paths) == len(mentions) == 1 else None
