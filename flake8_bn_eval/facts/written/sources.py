"""Where the value of an expression comes from: the mode, a caller, or what was fixed before.

Every assignment in sight that may give a part of the value counts, whatever its order: one
that the mode reaches is enough to say that the mode reaches the value.
"""

from __future__ import annotations

from enum import Enum

from flake8_bn_eval.facts.written.call_graph import CONSTRUCTOR, CallGraph
from flake8_bn_eval.facts.written.classes import ClassFact
from flake8_bn_eval.facts.written.survey import CallSite, Given, Guard, Guards
from flake8_bn_eval.interpret.control.gradient_modes import ASKING
from flake8_bn_eval.knowledge.lookup import Knowledge
from flake8_bn_eval.knowledge.words import mentions
from flake8_bn_eval.operations import (
    Attribute,
    Call,
    Comparison,
    Constant,
    Expression,
    FunctionDefinition,
    Junction,
    Lambda,
    Name,
    Negation,
    Variable,
    Yield,
)


class Source(Enum):
    """Where a part of a value comes from, if it was not fixed when the object was made."""

    MODE = "the mode, or a flag that is named like one"
    CALLER = "a caller that is not in sight"
    INHERITED = "an attribute that a base class gives it, which is not in sight"
    UNKNOWN = "something that is not understood"

    __hash__ = object.__hash__


Found = frozenset[Source]


class Sources:
    """Asks where values come from."""

    def __init__(self, graph: CallGraph, knowledge: Knowledge) -> None:
        self.graph = graph
        self.knowledge = knowledge
        self._known: dict[int, Found] = {}

    def of(self, expression: Expression) -> Found:
        """All sources of a value; none if it was fixed when the object was made."""
        known = self._known.get(id(expression))
        if known is None:
            known = self._known[id(expression)] = _Search(self).run(expression)
        return known

    def guarded(self, guards: Guards) -> bool:
        """Whether the mode, or a switch of the caller, decides if something runs."""
        return any(self._decides(each) for each in guards)

    def _decides(self, guard: Guard) -> bool:
        if guard.demanded:
            return Source.MODE in self.of(guard.condition)
        return self._guards(guard.condition)

    def _guards(self, condition: Expression) -> bool:
        match condition:
            case Junction():
                return any(self._guards(each) for each in condition.operands)
            case Negation():
                return self._guards(condition.operand)
        return not self.of(condition).isdisjoint({Source.MODE, Source.UNKNOWN}) or self._is_switch(
            condition
        )

    def _is_switch(self, condition: Expression) -> bool:
        """A parameter that is tested for itself: ``if drop``, ``if kind == "noisy"``."""
        match condition:
            case Name():
                return Source.CALLER in self.of(condition)
            case Comparison(left=Name() as name, right=Constant(value=bool() | str())):
                return Source.CALLER in self.of(name)
        return False

    def is_plain(self, owner: ClassFact) -> bool:
        """Whether all that a class has is in sight, but for what every module has."""
        return all(
            each is not None and self.knowledge.is_module_class(each) is True
            for each in owner.outside
        )

    def speaks(self, name: str) -> bool:
        """Whether a name is that of a mode."""
        return mentions(name, self.knowledge.vocabulary.mode_flags)


class _Search:
    """One question: walks backwards through assignments, each of them once."""

    def __init__(self, sources: Sources) -> None:
        self.sources = sources
        self.graph = sources.graph
        self.survey = sources.graph.survey
        self.found: set[Source] = set()
        self._waiting: list[tuple[Expression, bool]] = []
        self._seen: set[object] = set()

    def run(self, expression: Expression) -> Found:
        """Where the value comes from."""
        self._waiting.append((expression, False))
        while self._waiting and Source.MODE not in self.found:
            self._look(*self._waiting.pop())
        return frozenset(self.found)

    def _look(self, expression: Expression, made: bool) -> None:
        """``made``: the value was taken when the object was made, and is fixed since."""
        match expression:
            case Constant(value=str() as text):
                self._named(text)
            case Name():
                self._name(expression.variable, made)
            case Attribute():
                self._attribute(expression, made)
            case Call():
                self._call(expression, made)
            case Lambda() | Constant():
                return
            case Yield():
                self._add(Source.UNKNOWN, made)
            case _:
                self._parts(expression, made)

    def _parts(self, record: object, made: bool) -> None:
        if isinstance(record, list | tuple):
            for each in record:
                self._part(each, made)
            return
        for slot in getattr(record, "__slots__", ()):
            self._part(getattr(record, slot), made)

    def _part(self, part: object, made: bool) -> None:
        if isinstance(part, Expression):
            self._waiting.append((part, made))
        elif hasattr(part, "__slots__") or isinstance(part, list | tuple):
            self._parts(part, made)

    def _add(self, source: Source, made: bool) -> None:
        """What was fixed when the object was made has no source that could change it."""
        if not made:
            self.found.add(source)

    def _named(self, name: str) -> None:
        if self.sources.speaks(name):
            self.found.add(Source.MODE)

    # Names

    def _name(self, variable: Variable, made: bool) -> None:
        if (variable, made) in self._seen:
            return
        self._seen.add((variable, made))
        self._named(variable[1])
        for given in self.survey.names.get(variable, ()):
            self._given(given, made)
        if variable in self.survey.parameters:
            self._parameter(variable, made)

    def _given(self, given: Given, made: bool) -> None:
        self._waiting.append((given.value, made))
        self._guards(given.guards)

    def _guards(self, guards: tuple[Guard, ...]) -> None:
        """A value that is given under a condition tells its outcome."""
        for guard in guards:
            if id(guard.condition) not in self._seen:
                self._seen.add(id(guard.condition))
                inner = _Search(self.sources)
                inner._seen = self._seen
                if Source.MODE in inner.run(guard.condition):
                    self.found.add(Source.MODE)

    def _parameter(self, variable: Variable, made: bool) -> None:
        function, parameter = self.survey.parameters[variable]
        if self.graph.owner(Name(variable)) is not None:
            return
        callers = self.graph.callers(function)
        if not callers:
            self._add(Source.CALLER, made)
        for caller in callers:
            value, unseen = self.graph.argument(caller, variable)
            if value is not None:
                self._waiting.append((value, made))
            elif unseen:
                self._add(Source.UNKNOWN, made)
            elif parameter.default is not None:
                self._waiting.append((parameter.default, made))

    # Attributes

    def _attribute(self, attribute: Attribute, made: bool) -> None:
        self._named(attribute.name)
        owner = self.graph.owner(attribute.value)
        given = self.graph.given(attribute)
        if owner is None or given is None:
            self._waiting.append((attribute.value, made))
            return
        if (id(owner.definition), attribute.name) in self._seen:
            return
        self._seen.add((id(owner.definition), attribute.name))
        if self._is_set_elsewhere(attribute.name):
            self._add(Source.UNKNOWN, made)
        for each in given:
            if self._is_constructor(each.function):
                self._given(each, True)
            else:
                self._add(Source.UNKNOWN, made)
        method = owner.method(attribute.name)
        if method is not None:
            self._function(method, made)
        elif not given and not self.sources.is_plain(owner):
            self._add(Source.INHERITED, made)

    def _is_constructor(self, function: FunctionDefinition | None) -> bool:
        """Whether an assignment is made once: in a class body, or in a constructor."""
        if function is None:
            return True
        return self.survey.outermost(function).name == CONSTRUCTOR

    def _is_set_elsewhere(self, name: str) -> bool:
        """Whether somebody outside the classes sets an attribute of this name."""
        assigned = self.survey.attributes.get(name, ())
        return any(self.graph.owner(each.owner) is None for each in assigned)

    # Calls

    def _call(self, call: Call, made: bool) -> None:
        self._parts([call.arguments, [value for _, value in call.keywords]], made)
        meanings = self.graph.bindings.meanings(call.callee)
        if any(isinstance(each, str) and each in ASKING for each in meanings):
            self.found.add(Source.MODE)
        entries = self.graph.entries(CallSite(call, None, ()))
        for entry in entries:
            self._function(entry.function, made)
        if entries or not isinstance(call.callee, Attribute):
            return
        self._named(call.callee.name)
        owner = self.graph.owner(call.callee.value)
        if owner is not None and not self.sources.is_plain(owner):
            self._add(Source.UNKNOWN, made)
        self._waiting.append((call.callee.value, made))

    def _function(self, function: FunctionDefinition, made: bool) -> None:
        if id(function) in self._seen or function.name == CONSTRUCTOR:
            return
        self._seen.add(id(function))
        self._named(function.name)
        for each in self.survey.returned.get(id(function), ()):
            self._given(each, made)
