"""Which calls run inside a training step.

That is under a tape, in a function that is differentiated, or before ``backward()``.  A step
is one whose gradients are asked for and applied.  What is trained is read off the variables
for which they are asked.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from flake8_bn_eval.facts.passed_mode.regions import Regions
from flake8_bn_eval.facts.passed_mode.views import View
from flake8_bn_eval.facts.written.call_graph import Caller
from flake8_bn_eval.facts.written.listing import expressions
from flake8_bn_eval.facts.written.survey import CallSite
from flake8_bn_eval.lazily import cached_property
from flake8_bn_eval.operations import (
    Attribute,
    Call,
    Enter,
    Expression,
    FunctionDefinition,
    Lambda,
    Name,
    Place,
    Variable,
)
from flake8_bn_eval.wording import describe

DEEPEST = 3
"""So many callers are followed from a call."""

ASKING = frozenset({"gradient", "jacobian", "batch_jacobian", "gradients"})
APPLYING = frozenset(
    {
        "apply_gradients", "apply_gradient", "apply", "apply_updates", "minimize", "assign_sub",
        "stateless_apply", "update", "step",
    }
)  # fmt: skip


@dataclass(frozen=True, slots=True, eq=False)
class Chain:
    """A call and the calls by which the program comes there, the innermost first."""

    site: CallSite
    callers: tuple[Caller, ...] = ()

    @property
    def sites(self) -> tuple[CallSite, ...]:
        """The calls."""
        return (self.site, *(each.site for each in self.callers))


@dataclass(frozen=True, slots=True)
class Step:
    """A training step around a call.

    ``place``    what differentiates
    ``trained``  how what is trained is called there; None if that cannot be read
    ``depth``    how many callers out of the call it is
    """

    place: Place
    what: str
    trained: frozenset[str] | None
    depth: int


class Steps:
    """Finds the steps of one file."""

    def __init__(self, view: View) -> None:
        self.view = view
        self.regions = Regions(view.program)

    # Callers

    def chains(self, site: CallSite) -> list[Chain]:
        """Every way to a call, as far as the callers are in sight."""
        return list(self._chains(Chain(site), site.function, DEEPEST))

    def _chains(
        self, chain: Chain, function: FunctionDefinition | None, depth: int
    ) -> Iterator[Chain]:
        callers = [] if function is None else self.callers(function)
        callers = [each for each in callers if each.site.function is not function]
        if not callers or not depth:
            yield chain
        for each in callers if depth else ():
            further = Chain(chain.site, (*chain.callers, each))
            yield from self._chains(further, each.site.function, depth - 1)

    def callers(self, function: FunctionDefinition) -> list[Caller]:
        """The calls that enter a function, those of its differentiated form among them."""
        found = list(self.view.graph.callers(function))
        for asker, given in self.askers:
            if given is function:
                bound = self.view.graph.classes.of_method(function) is not None
                found += [Caller(site, bound) for site in self.results(asker.call)]
        return found

    def results(self, differentiator: Call) -> Iterator[CallSite]:
        """The calls of the function that a differentiator gives."""
        for site in self.view.survey.calls:
            called = site.call.callee
            if called is differentiator or self.view.graph.single(called) is differentiator:
                yield site

    # Steps

    def around(self, chain: Chain) -> Step | None:
        """The innermost step that a call runs in."""
        for depth, site in enumerate(chain.sites):
            found = self._tape(site, depth) or self._function(site, depth)
            if found is None and depth == 0:
                found = self._backward(site)
            if found is not None:
                return found
        return None

    @cached_property
    def applies(self) -> bool:
        """Whether anything in the file applies gradients."""
        return any(
            isinstance(site.call.callee, Attribute) and site.call.callee.name in APPLYING
            for site in self.view.survey.calls
        )

    def _tape(self, site: CallSite, depth: int) -> Step | None:
        """The innermost tape; what is trained is what all around the call are asked for.

        ``with GradientTape() as first, GradientTape() as second`` records everything twice.
        """
        asked: list[tuple[Enter, frozenset[str] | None]] = []
        for enter in reversed(self.regions.of(site.call).contexts):
            if self._form(enter.context) == "context" and isinstance(enter.target, Name):
                calls = list(self._asked(enter.target.variable))
                trained = self._trained(calls)
                if calls and self.applies and trained != frozenset():
                    asked.append((enter, trained))
        if not asked:
            return None
        owners = [trained for _, trained in asked if trained is not None]
        every = frozenset().union(*owners) if len(owners) == len(asked) else None
        return Step(asked[0][0].place, "a `GradientTape`", every, depth)

    def is_under_tape(self, site: CallSite) -> bool:
        """Whether a call is recorded by a tape that somebody asks for gradients, of whatever."""
        for enter in self.regions.of(site.call).contexts:
            if self._form(enter.context) == "context" and isinstance(enter.target, Name):
                if any(self._asked(enter.target.variable)):
                    return True
        return False

    def _form(self, context: Expression) -> str | None:
        callee = context.callee if isinstance(context, Call) else context
        for path in self.view.graph.callees(callee):
            row = self.view.knowledge.differentiator(path)
            if row is not None:
                return row.form
        return None

    @cached_property
    def _asking(self) -> dict[Variable, list[Call]]:
        """The calls that ask something called by a name for gradients."""
        found: dict[Variable, list[Call]] = {}
        for site in self.view.survey.calls:
            match site.call.callee:
                case Attribute(value=Name(variable=variable), name=name) if name in ASKING:
                    found.setdefault(variable, []).append(site.call)
        for function in self.view.program.functions:
            for parameter in function.parameters:
                self._hand_in(function.scope, parameter.name, found)
        return found

    def _hand_in(self, scope: int, name: str, found: dict[Variable, list[Call]]) -> None:
        """A tape that is given to a function is asked there."""
        variable = scope, name
        if variable not in found:
            return
        function = self.view.survey.parameters[variable][0]
        for caller in self.view.graph.callers(function):
            value = self.view.graph.argument(caller, variable)[0]
            if isinstance(value, Name):
                found.setdefault(value.variable, []).extend(found[variable])

    def _asked(self, tape: Variable) -> Iterator[Call]:
        yield from self._asking.get(tape, ())

    def _trained(self, asked: list[Call]) -> frozenset[str] | None:
        """The owners of the variables whose gradients are asked for; empty for inputs only."""
        found: set[str] = set()
        unread = False
        for call in asked:
            sources = self.view.graph.passed(call).get(1, "sources")
            owners = None if sources is None else self.owners(sources)
            unread = unread or owners is None
            found |= owners or set()
        if unread:
            return None
        return frozenset(found)

    def owners(self, sources: Expression, depth: int = 4) -> set[str] | None:
        """Whose variables these are: ``{"model"}`` of ``model.trainable_variables``."""
        words = self.view.knowledge.vocabulary.trained_variables
        found = {
            describe(each.value)
            for each in expressions(sources)
            if isinstance(each, Attribute) and each.name in words
        }
        if found or depth == 0:
            return found or None
        if not isinstance(sources, Name):
            return None if isinstance(sources, Call) else set()
        given = self.view.survey.names.get(sources.variable, [])
        parts = [self.owners(each.value, depth - 1) for each in given]
        if not given or None in parts:
            return None if self._is_variables(sources) else set()
        return {owner for part in parts for owner in part or ()}

    def _is_variables(self, sources: Name) -> bool:
        """Whether a name that nobody sees through may be a model's variables."""
        word = sources.variable[1].lower()
        return any(part in word for part in ("var", "weight", "param", "theta"))

    # Functions that are differentiated

    @cached_property
    def askers(self) -> list[tuple[CallSite, FunctionDefinition]]:
        """The calls that differentiate a function, each with the function."""
        return [
            (site, function)
            for site in self.view.survey.calls
            if site.call.arguments
            and (self._form(site.call) == "function" or _is_differentiator(site.call))
            for function in self._given(site)
        ]

    @cached_property
    def differentiated(self) -> dict[int, Place]:
        """The functions of which gradients are asked, by identity, and where that is."""
        found = {id(function): site.call.place for site, function in self.askers}
        for function in self.view.program.functions:
            for decorator in function.decorators:
                if self._form(decorator) == "function":
                    found[id(function)] = function.place
        return found

    def _given(self, site: CallSite) -> list[FunctionDefinition]:
        """The functions that a call is given to differentiate."""
        first = site.call.arguments[0]
        if isinstance(first, Lambda):
            return [first.function]
        given = CallSite(Call(first, [], [], 0), site.function, ())
        return [each.function for each in self.view.graph.entries(given)]

    def _function(self, site: CallSite, depth: int) -> Step | None:
        if site.function is None or not self.applies:
            return None
        for function in self.view.lexical(site.function):
            place = self.differentiated.get(id(function))
            if place is not None:
                return Step(place, "a function that is differentiated", None, depth)
        return None

    # PyTorch below Keras

    def _backward(self, site: CallSite) -> Step | None:
        if "torch" not in self.view.program.imported or not self.applies:
            return None
        loop = self.regions.of(site.call).loop
        backward = [
            other
            for other in self._backward_calls
            if other.function is site.function and self.regions.of(other.call).loop is loop
        ]
        tainted = self._reached(site) if backward else set[object]()
        for other in backward:
            if not tainted.isdisjoint(_mentioned(other.call.callee)):
                return Step(other.call.place, f"`{describe(other.call.callee)}()`", None, 0)
        return None

    @cached_property
    def _backward_calls(self) -> list[CallSite]:
        """The calls that ask a tensor for gradients."""
        return [
            site
            for site in self.view.survey.calls
            if isinstance(site.call.callee, Attribute) and site.call.callee.name == "backward"
        ]

    @cached_property
    def _assigned(self) -> dict[FunctionDefinition | None, list[tuple[Variable, set[object]]]]:
        """The names that each function gives values, and what is mentioned in those."""
        found: dict[FunctionDefinition | None, list[tuple[Variable, set[object]]]] = {}
        for variable, given in self.view.survey.names.items():
            for each in given:
                found.setdefault(each.function, []).append((variable, _mentioned(each.value)))
        return found

    def _reached(self, site: CallSite) -> set[object]:
        """The call and the names to which its result comes, within its function."""
        found, size = set[object]({site.call}), 0
        while size < len(found):
            size = len(found)
            for variable, mentioned in self._assigned.get(site.function, ()):
                if not found.isdisjoint(mentioned):
                    found.add(variable)
        return found


def _mentioned(expression: Expression) -> set[object]:
    """The names and the calls in an expression."""
    return {
        each.variable if isinstance(each, Name) else each
        for each in expressions(expression)
        if isinstance(each, Name | Call)
    }


def _is_differentiator(call: Call) -> bool:
    """``dynamic_scale.value_and_grad(loss_fn)``, whatever the object; ``optimizer.minimize(f)``."""
    callee = call.callee
    return isinstance(callee, Attribute) and callee.name in ("value_and_grad", "minimize")
