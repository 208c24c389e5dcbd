"""Losses that have lost their graph, as far as the text of one function tells.

A value that was computed under ``no_grad`` has none, whoever computed it.  One that went
through numpy has none.  And who sets ``requires_grad`` of a loss by hand has silenced the error
that says so.
"""

from __future__ import annotations

from collections.abc import Iterator

from flake8_bn_eval.facts.written.call_graph import CallGraph
from flake8_bn_eval.facts.written.listing import operations
from flake8_bn_eval.facts.written.numbers_only import Cut, NumbersOnly
from flake8_bn_eval.facts.written.survey import CallSite, Given
from flake8_bn_eval.flow.nodes import Branch, Loop, Node, Scope, Sequence, Try
from flake8_bn_eval.knowledge.lookup import Knowledge
from flake8_bn_eval.knowledge.words import mentions
from flake8_bn_eval.lazily import cached_property
from flake8_bn_eval.operations import (
    Attribute,
    Binary,
    Call,
    Constant,
    Enter,
    Expression,
    FunctionDefinition,
    Name,
    Operation,
    Place,
    Program,
    Subscript,
)
from flake8_bn_eval.wording import describe

DEEPEST = 12
FLAG, SETTER = "requires_grad", "requires_grad_"
OFF = ("off", "inference")


class LostGraphs:
    """Answers about the value that is differentiated at a place."""

    def __init__(self, program: Program, graph: CallGraph, knowledge: Knowledge) -> None:
        self._program = program
        self._graph = graph
        self._knowledge = knowledge
        self._numbers = NumbersOnly(graph, knowledge)

    def is_without_graph(self, place: Place) -> bool:
        """All of it was computed under ``no_grad``, or it was made differentiable by hand."""
        found = self._differentiated(place)
        if found is None:
            return False
        name, function = found
        given = self._given(name, function)
        made = [each for each in given if not isinstance(each.value, Constant)]
        if not made or any(isinstance(each.value, Name) for each in made):
            return False
        return self._is_cured(name, function) or all(
            each.place in self._gradient_free for each in made
        )

    def lost_term(self, place: Place) -> Call | None:
        """A loss whose arguments went through numpy, in a sum with others that did not."""
        found = self._differentiated(place)
        if found is None:
            return None
        for given in self._given(*found):
            terms = list(self._terms(given.value, found[1]))
            kinds = list(map(self._numbers.of, terms))
            if Cut.NO in kinds:
                for term, kind in zip(terms, kinds, strict=True):
                    if kind is Cut.YES and isinstance(term, Call) and self._is_loss(term):
                        return term
        return None

    def _is_loss(self, call: Call) -> bool:
        """Whether a call compares, by its name; a number that is read is meant to be one."""
        name = describe(call.callee).rpartition(".")[2]
        return mentions(name, self._knowledge.vocabulary.losses)

    def _differentiated(self, place: Place) -> tuple[Name, FunctionDefinition | None] | None:
        """The name of what is differentiated by a call, and the function that does it."""
        site = self._sites.get(place)
        if site is None:
            return None
        match site.call:
            case Call(callee=Attribute(value=Call(arguments=[scaled])), arguments=[]):
                value = scaled
            case Call(callee=Attribute(value=value), arguments=[]):
                pass
            case Call(arguments=[value, *_]):
                pass
            case _:
                return None
        while isinstance(value, Subscript):
            value = value.value
        return (value, site.function) if isinstance(value, Name) else None

    @cached_property
    def _sites(self) -> dict[Place, CallSite]:
        return {site.call.place: site for site in self._graph.survey.calls}

    def _given(self, name: Name, function: FunctionDefinition | None) -> list[Given]:
        if name.variable in self._graph.survey.parameters:
            return []
        given = self._graph.survey.names.get(name.variable, [])
        return given if all(each.function is function for each in given) else []

    def _is_cured(self, name: Name, function: FunctionDefinition | None) -> bool:
        """``loss.requires_grad = True``, or the same by the method or by a new variable."""
        survey = self._graph.survey
        for assigned in survey.attributes.get(FLAG, ()):
            if _is_name(assigned.owner, name) and _is_true(assigned.given.value):
                return True
        for site in survey.calls:
            match site.call:
                case Call(callee=Attribute(value=owner, name=method), arguments=arguments):
                    if method == SETTER and _is_name(owner, name) and all(map(_is_true, arguments)):
                        return True
        return any(
            isinstance(each.value, Call)
            and bool(each.value.arguments)
            and any(key == FLAG and _is_true(value) for key, value in each.value.keywords)
            for each in self._given(name, function)
        )

    def _terms(
        self, value: Expression, function: FunctionDefinition | None, depth: int = DEEPEST
    ) -> Iterator[Expression]:
        """The parts of a sum; factors are left away, and names stand for their one value."""
        match value:
            case Binary(operator="+" | "+=", left=left, right=right) if depth:
                yield from self._terms(left, function, depth - 1)
                yield from self._terms(right, function, depth - 1)
            case Binary(operator="*", left=Constant(), right=scaled) if depth:
                yield from self._terms(scaled, function, depth - 1)
            case Binary(operator="*", left=scaled, right=Constant()) if depth:
                yield from self._terms(scaled, function, depth - 1)
            case Name() if depth:
                given = self._given(value, function)
                if len(given) == 1 and given[0].whole:
                    yield from self._terms(given[0].value, function, depth - 1)
                else:
                    yield value
            case Constant():
                return
            case _:
                yield value

    # Gradient-free scopes

    @cached_property
    def _gradient_free(self) -> frozenset[Place]:
        """The operations under a context, or in a function with a decorator, without gradients."""
        found: set[Place] = set()
        self._gather(self._program.body, False, found)
        for function in self._program.functions:
            self._gather(function.body, any(map(self._is_off, function.decorators)), found)
        return frozenset(found)

    def _gather(self, node: Node, off: bool, found: set[Place]) -> None:
        match node:
            case Scope(enter=Enter(context=context), body=body):
                inside = True if self._is_off(context) else off and not self._is_on(context)
                self._gather(body, inside, found)
            case Sequence(nodes=nodes):
                for each in nodes:
                    self._gather(each, off, found)
            case Branch() | Loop() | Try():
                for each in _inside(node):
                    self._gather(each, off, found)
            case _ if off:
                found |= {_place(each) for each in operations(node)}

    def _is_off(self, context: Expression) -> bool:
        return self._gradient(context) in OFF

    def _is_on(self, context: Expression) -> bool:
        return self._gradient(context) == "on"

    def _gradient(self, context: Expression) -> str | None:
        """What a context or decorator of a library sets, if no argument decides."""
        callee = context.callee if isinstance(context, Call) else context
        if isinstance(context, Call) and (context.arguments or context.keywords):
            return "argument"
        meaning = self._graph.bindings.meaning(callee)
        row = self._knowledge.callable(meaning) if isinstance(meaning, str) else None
        return None if row is None else row.gradient


def _inside(node: Branch | Loop | Try) -> list[Node]:
    match node:
        case Branch():
            return [node.then, node.otherwise]
        case Loop():
            return [node.body, node.otherwise]
    return [node.body, *node.handlers, node.otherwise, node.final]


def _place(operation: Operation) -> Place:
    place = getattr(operation, "place", -1)
    return place if isinstance(place, int) else -1


def _is_name(expression: Expression, name: Name) -> bool:
    return isinstance(expression, Name) and expression.variable == name.variable


def _is_true(expression: Expression) -> bool:
    return isinstance(expression, Constant) and expression.value is True
