"""What a model is made of, as far as its layers look at their mode.

A class is made of every layer that its methods build, a function of every layer that it
builds, also in other files of the project.  What somebody unseen hands in is unknown.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import reduce

from flake8_bn_eval.facts.passed_mode.views import View, Views
from flake8_bn_eval.facts.written.bindings import Meaning
from flake8_bn_eval.facts.written.classes import ClassFact
from flake8_bn_eval.facts.written.passed import Passed
from flake8_bn_eval.facts.written.survey import CallSite, Given
from flake8_bn_eval.knowledge.rows import Condition, LayerRow
from flake8_bn_eval.knowledge.words import mentions, names_class
from flake8_bn_eval.operations import (
    Attribute,
    Call,
    ClassDefinition,
    Comprehension,
    Conditional,
    Constant,
    Display,
    Expression,
    FunctionDefinition,
    Junction,
    Name,
    Starred,
    Subscript,
)

DEEPEST = 6
ADDING = frozenset({"add", "append", "extend"})
SAME = frozenset({"to", "cuda", "cpu", "build", "compile", "bind"})
"""Methods that give back what they are called on, or nothing."""


@dataclass(frozen=True, slots=True)
class Makeup:
    """``layers`` are those that look at their mode, by name; ``unseen``: there may be more."""

    layers: frozenset[str] = frozenset()
    unseen: bool = False

    def __or__(self, other: Makeup) -> Makeup:
        return Makeup(self.layers | other.layers, self.unseen or other.unseen)

    @property
    def is_sensitive(self) -> bool:
        """Whether some layer is known to compute differently in training."""
        return bool(self.layers)

    @property
    def is_indifferent(self) -> bool:
        """Whether all that is in it is known, and the same in both modes."""
        return not self.layers and not self.unseen


NOTHING = Makeup()
UNSEEN = Makeup(unseen=True)


def joined(parts: Iterable[Makeup | None]) -> Makeup | None:
    """All of several parts; None if none of them is a model."""
    known = [part for part in parts if part is not None]
    return reduce(Makeup.__or__, known) if known else None


class Makeups:
    """Looks into models."""

    def __init__(self, views: Views) -> None:
        self.views = views
        self._known: dict[int, Makeup] = {}

    # Expressions

    def of(self, view: View, expression: Expression, depth: int = DEEPEST) -> Makeup | None:
        """What an object is made of; None for what is surely no object with layers."""
        if depth == 0:
            return UNSEEN
        match expression:
            case Name():
                return self._of_name(view, expression, depth - 1)
            case Attribute():
                return self._of_attribute(view, expression, depth - 1)
            case Call():
                return self._of_made(view, expression, depth - 1)
            case Conditional():
                parts = (expression.then, expression.otherwise)
                return joined(self.of(view, each, depth - 1) for each in parts)
            case Junction():
                return joined(self.of(view, each, depth - 1) for each in expression.operands)
            case Display():
                return joined(self.of(view, each, depth - 1) for each in expression.elements)
            case Comprehension():
                return joined(self.of(view, each, depth - 1) for each in expression.elements)
            case Starred():
                return self.of(view, expression.value, depth - 1)
            case Subscript():
                return self.of(view, expression.value, depth - 1)
            case Constant():
                return None
        return UNSEEN

    def _of_name(self, view: View, name: Name, depth: int) -> Makeup | None:
        owner = view.graph.owner(name)
        if owner is not None:
            kin = view.graph.kin(owner)
            return joined(self._of_class(view, each.definition, depth) for each in kin)
        variable = name.variable
        given = view.survey.names.get(variable, [])
        if given:
            return self._of_given(view, given, depth)
        if variable in view.survey.parameters:
            return self._of_parameter(view, name, depth)
        meanings = view.graph.bindings.meanings(name)
        kinds = (FunctionDefinition, ClassDefinition, str)
        return None if any(isinstance(each, kinds) for each in meanings) else UNSEEN

    def _of_given(self, view: View, given: list[Given], depth: int) -> Makeup | None:
        values = [each.value for each in given]
        return joined(self.of(view, each, depth) for each in values)

    def _of_parameter(self, view: View, name: Name, depth: int) -> Makeup | None:
        function, parameter = view.survey.parameters[name.variable]
        parts: list[Makeup | None] = []
        callers = view.graph.callers(function)
        for caller in callers:
            value, unseen = view.graph.argument(caller, name.variable)
            value = parameter.default if value is None and not unseen else value
            parts.append(UNSEEN if value is None else self.of(view, value, depth))
        return joined(parts) if callers else UNSEEN

    def _of_attribute(self, view: View, attribute: Attribute, depth: int) -> Makeup | None:
        given = view.graph.given(attribute)
        if given is None:
            meaning = view.graph.bindings.meaning(attribute)
            return None if isinstance(meaning, FunctionDefinition | ClassDefinition) else UNSEEN
        if given:
            return self._of_given(view, given, depth)
        owner = view.graph.owner(attribute.value)
        is_method = owner is not None and owner.method(attribute.name) is not None
        return None if is_method else UNSEEN

    def _of_made(self, view: View, call: Call, depth: int) -> Makeup | None:
        """What a call gives: a layer, a model of the file, or whatever a wrapper wraps."""
        paths = [it for it in view.graph.callees(call.callee) if view.knowledge.layer(it)]
        for path in paths:
            row = view.knowledge.layer(path)
            assert row is not None
            return self._of_row(view, row, call, depth)
        made = self._of_call(view, call, depth)
        if made is not None:
            return made
        callee = call.callee
        if isinstance(callee, Attribute) and callee.name in SAME:
            return self.of(view, callee.value, depth)
        wrapped = joined(self.of(view, each, depth) for each in call.arguments[:1])
        return wrapped if wrapped is not None and wrapped.is_sensitive else UNSEEN

    def _of_row(self, view: View, row: LayerRow, call: Call, depth: int) -> Makeup:
        if not row.contains:
            return _of_layer(row, view.graph.passed(call))
        site = view.sites.get(id(call))
        passed = view.graph.passed(call)
        parts: list[Makeup | None] = [NOTHING]
        values = [*passed.positional, *passed.keywords.values()]
        if row.name.endswith("Sequential") or not row.name.endswith("Model"):
            parts += [self.of(view, each, depth) for each in values]
            parts += [self.of(view, each, depth) for each in _added_to(view, call)]
        else:  # the layers of a functional model are those that are built around it
            function = None if site is None else site.function
            parts += [self._of_call(view, each, depth) for each in view.calls_in(function)]
        return joined(parts) or NOTHING

    # Definitions

    def _of_call(self, view: View, call: Call, depth: int) -> Makeup | None:
        """What a call builds; None where it is understood and builds nothing, or is no matter."""
        parts: list[Makeup | None] = []
        for path in view.graph.callees(call.callee):
            row = view.knowledge.layer(path)
            if row is not None:
                parts.append(NOTHING if row.contains else _of_layer(row, view.graph.passed(call)))
                continue
            parts += [
                self.of_definition(near, meaning, depth)
                for near, meaning in self.views.resolved(view, path)
            ]
            if not parts and self._may_be_model(view, path):
                parts.append(UNSEEN)
        entries = view.graph.entries(CallSite(call, None, ()))
        parts += [self.of_definition(view, each.function, depth) for each in entries]
        for meaning in view.graph.bindings.meanings(call.callee):
            if isinstance(meaning, ClassDefinition):
                parts.append(self.of_definition(view, meaning, depth))
        return joined(parts)

    def _may_be_model(self, view: View, path: str) -> bool:
        """Whether something of an unseen library makes a model, by its name."""
        last = path.rpartition(".")[2]
        if path.startswith("builtins.") or view.knowledge.callable(path) is not None:
            return False
        return names_class(last) and mentions(last, view.knowledge.vocabulary.modules)

    def of_definition(self, view: View, definition: Meaning, depth: int = DEEPEST) -> Makeup:
        """What a function builds, or what the objects of a class are made of."""
        if depth <= 0:
            return UNSEEN
        known = self._known.get(id(definition))
        if known is not None:
            return known
        self._known[id(definition)] = NOTHING  # a recursive one adds nothing
        match definition:
            case FunctionDefinition():
                calls = view.calls_in(definition)
                found = joined(self._of_call(view, each, depth - 1) for each in calls) or NOTHING
            case ClassDefinition():
                found = self._of_class(view, definition, depth) or NOTHING
            case _:
                found = UNSEEN
        self._known[id(definition)] = found
        return found

    def _of_class(self, view: View, definition: ClassDefinition, depth: int) -> Makeup:
        if depth <= 0:
            return UNSEEN
        fact = view.graph.classes.of(definition)
        parts: list[Makeup | None] = [NOTHING]
        for each in fact.lineage:
            for method in each.methods.values():
                parts += [self._of_call(view, call, depth - 1) for call in view.calls_in(method)]
        for base in fact.outside:
            parts.append(UNSEEN if base is None else self._of_base(view, base, depth - 1))
        parts += [self.of(view, each, depth - 1) for each in _handed_in(view, definition)]
        found = joined(parts) or NOTHING
        if found == NOTHING and fact.method("call") is None and self._is_functional(view, fact):
            return UNSEEN
        return found

    def _is_functional(self, view: View, fact: ClassFact) -> bool:
        """Whether a class without a `call` is handed its layers: ``Model(inputs, outputs)``."""
        rows = (view.knowledge.layer(base) for base in fact.outside if base is not None)
        return any(row is not None and row.contains for row in rows)

    def _of_base(self, view: View, base: str, depth: int) -> Makeup:
        row = view.knowledge.layer(base)
        if row is not None:
            return NOTHING if row.contains else _of_layer(row, Passed((), {}, True))
        found = [self.of_definition(v, it, depth) for v, it in self.views.resolved(view, base)]
        return joined(found) or NOTHING


def _of_layer(row: LayerRow, passed: Passed) -> Makeup:
    if row.sensitive == "unknown":
        return UNSEEN
    met = [_may_hold(each, passed) for each in row.conditions]
    holds = not met or (any(met) if row.needs == "any" else all(met))
    if row.sensitive == "no" or not holds:
        return NOTHING
    return Makeup(frozenset({row.name.rpartition(".")[2]}))


def _may_hold(condition: Condition, passed: Passed) -> bool:
    value = passed.get(condition.position, condition.parameter)
    if value is None:
        return condition.default > condition.above
    number = value.value if isinstance(value, Constant) else None
    return not isinstance(number, int | float) or number > condition.above


def _added_to(view: View, made: Call) -> Iterator[Expression]:
    """The layers that are added to a ``Sequential`` afterwards."""
    variables = {
        variable
        for variable, given in view.survey.names.items()
        if any(each.value is made for each in given)
    }
    if not variables:
        return
    for site in view.survey.calls:
        match site.call.callee:
            case Attribute(value=Name(variable=variable), name=name) if name in ADDING:
                if variable in variables:
                    yield from site.call.arguments


def _handed_in(view: View, definition: ClassDefinition) -> Iterator[Expression]:
    """The attributes of an object that its constructor was given, and that are named as models."""
    constructor = definition.methods.get("__init__")
    if constructor is None:
        return
    modules = view.knowledge.vocabulary.modules
    for name, assigned in view.survey.attributes.items():
        for each in assigned:
            value = each.given.value
            if each.given.function is constructor and isinstance(value, Name):
                if value.variable in view.survey.parameters and mentions(name, modules):
                    yield value

