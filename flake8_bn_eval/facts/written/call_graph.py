"""Which functions of the file a call enters, and what it gives their parameters.

Seen are functions called by name, methods called on `self`, on `super()` and on a class, and
constructors.  A function that is handed to somebody else has callers that are not seen here.
"""

from __future__ import annotations

from dataclasses import dataclass

from flake8_bn_eval.facts.written.bindings import Bindings
from flake8_bn_eval.facts.written.classes import Classes, ClassFact
from flake8_bn_eval.facts.written.passed import LONGEST_CHAIN, Passed, Passing
from flake8_bn_eval.facts.written.survey import CallSite, Given, Survey
from flake8_bn_eval.lazily import cached_property
from flake8_bn_eval.operations import (
    Attribute,
    Call,
    ClassDefinition,
    Conditional,
    Expression,
    FunctionDefinition,
    Name,
    Variable,
)

CONSTRUCTOR = "__init__"


@dataclass(frozen=True, slots=True, eq=False)
class Entry:
    """A function that a call enters; ``bound`` if its first parameter comes by itself."""

    function: FunctionDefinition
    bound: bool


@dataclass(frozen=True, slots=True, eq=False)
class Caller:
    """A call that enters a function."""

    site: CallSite
    bound: bool


class CallGraph:
    """Who calls whom in one file."""

    def __init__(self, survey: Survey, classes: Classes) -> None:
        self.survey = survey
        self.classes = classes
        self.passing = Passing(survey, self)
        self._defaults: dict[tuple[Variable, int], Expression | None] = {}
        self._callees: dict[tuple[object, int], list[str]] = {}
        self._origins: dict[tuple[object, int], list[Expression]] = {}
        self._given: dict[tuple[int, str], list[Given]] = {}

    @property
    def bindings(self) -> Bindings:
        """What the names of the file stand for."""
        return self.classes.bindings

    @cached_property
    def _callers(self) -> dict[int, list[Caller]]:
        callers: dict[int, list[Caller]] = {}
        for site in self.survey.calls:
            for entry in self.entries(site):
                caller = Caller(site, entry.bound)
                callers.setdefault(id(entry.function), []).append(caller)
        return callers

    def callers(self, function: FunctionDefinition) -> list[Caller]:
        """The calls in the file that enter a function."""
        return self._callers.get(id(function), [])

    def owner(self, expression: Expression) -> ClassFact | None:
        """The class whose instance an expression is, where it is `self`."""
        return self.classes.instance(expression.variable) if isinstance(expression, Name) else None

    def kin(self, fact: ClassFact) -> tuple[ClassFact, ...]:
        """The classes whose instances `self` may be in a class: itself and those below it."""
        return self._kin[id(fact.definition)]

    @cached_property
    def _kin(self) -> dict[int, tuple[ClassFact, ...]]:
        found: dict[int, list[ClassFact]] = {id(each.definition): [] for each in self.classes.all}
        for each in self.classes.all:
            for definition in each.lineage:
                found[id(definition)].append(each)
        return {key: tuple(each) for key, each in found.items()}

    def _related(self, fact: ClassFact) -> list[ClassDefinition]:
        """The classes that an instance of a class, or of one below it, may have its members from.

        Only those below which there is no other are asked: they have all that is above them.
        """
        kin = self.kin(fact)
        inherited = {
            id(above) for each in kin for above in self.classes.bases_in_file(each.definition)
        }
        related = {
            id(definition): definition
            for each in kin
            if id(each.definition) not in inherited
            for definition in each.lineage
        }
        return sorted(related.values(), key=lambda each: each.place)

    def entries(self, site: CallSite) -> list[Entry]:
        """The functions of the file that a call may enter."""
        callee = site.call.callee
        if isinstance(callee, Attribute):
            owner = self.owner(callee.value)
            if owner is not None:
                found = [each.method(callee.name) for each in self.kin(owner)]
                functions = dict.fromkeys(each for each in found if each is not None)
                return [Entry(each, True) for each in functions]
            if _is_super(callee.value):
                return self._above(callee.name, site.function)
        return self._named(callee)

    def callees(self, callee: Expression, depth: int = LONGEST_CHAIN) -> list[str]:
        """The dotted paths of libraries that a callee may be.

        Arguments and defaults tell what a parameter may be, assignments what an attribute of
        `self` may be.
        """
        if depth == 0:
            return []
        key = callee.variable if isinstance(callee, Name) else callee, depth
        if key not in self._callees:
            self._callees[key] = self._found_callees(callee, depth)
        return self._callees[key]

    def _found_callees(self, callee: Expression, depth: int) -> list[str]:
        if isinstance(callee, Conditional):
            sides = (callee.then, callee.otherwise)
            return sorted({path for each in sides for path in self.callees(each, depth - 1)})
        found = {each for each in self.bindings.meanings(callee) if isinstance(each, str)}
        if not found:
            values = self._values(callee)
            found = {path for each in values for path in self.callees(each, depth - 1)}
        return sorted(found)

    def origins(self, expression: Expression, depth: int = LONGEST_CHAIN) -> list[Expression]:
        """What is written where a value comes from, through names, parameters and attributes."""
        key = self._subject(expression), depth
        known = self._origins.get(key)
        if known is not None:
            return known
        values = self._values(expression) if depth else []
        if isinstance(expression, Conditional):
            values = [expression.then, expression.otherwise]
        if not values:
            return [expression]
        found = (origin for each in values for origin in self.origins(each, depth - 1))
        origins = self._origins[key] = list(dict.fromkeys(found))
        return origins

    def _subject(self, expression: Expression) -> object:
        """What is the same for expressions that speak of the same name, or attribute of `self`."""
        match expression:
            case Name():
                return expression.variable
            case Attribute() if (owner := self.owner(expression.value)) is not None:
                return id(owner), expression.name
        return expression

    def _values(self, callee: Expression) -> list[Expression]:
        """What a parameter, a name or an attribute of `self` is given, as it is written."""
        match callee:
            case Name() if callee.variable in self.survey.parameters:
                function, parameter = self.survey.parameters[callee.variable]
                given = [self.argument(each, callee.variable)[0] for each in self.callers(function)]
                return [each for each in (parameter.default, *given) if each is not None]
            case Name():
                found = self.survey.names.get(callee.variable, [])
            case Attribute():
                found = self.given(callee) or []
            case _:
                return []
        return [each.value for each in found if each.whole]

    def _above(self, name: str, function: FunctionDefinition | None) -> list[Entry]:
        """``super().name`` in a method: that of the nearest base which has one."""
        if function is None:
            return []
        fact = self.classes.of_method(self.survey.outermost(function))
        bases = () if fact is None else fact.lineage[1:]
        found = (each.methods[name] for each in bases if name in each.methods)
        return [Entry(each, True) for each in found][:1]

    def _named(self, callee: Expression) -> list[Entry]:
        entries: list[Entry] = []
        for meaning in self.bindings.meanings(callee):
            if isinstance(meaning, FunctionDefinition):
                entries.append(Entry(meaning, False))
            elif isinstance(meaning, ClassDefinition):
                entries += self._constructor(meaning)
        return entries

    def _constructor(self, definition: ClassDefinition) -> list[Entry]:
        found = self.classes.of(definition).method(CONSTRUCTOR)
        return [] if found is None else [Entry(found, True)]

    # Values

    def passed(self, call: Call, depth: int = LONGEST_CHAIN) -> Passed:
        """The arguments of a call, with those of dictionaries that are written out.

        What stands behind a ``*`` or ``**`` is followed through so many calls.
        """
        return self.passing.of(call, depth)

    def argument(
        self, caller: Caller, variable: Variable, depth: int = LONGEST_CHAIN
    ) -> tuple[Expression | None, bool]:
        """What a caller gives a parameter, and whether it may give something unseen."""
        function, parameter = self.survey.parameters[variable]
        passed = self.passed(caller.site.call, depth)
        position = None
        if parameter.kind == "positional":
            position = function.parameters.index(parameter) - caller.bound
        value = passed.get(position, parameter.name)
        return value, value is None and passed.open

    def given(self, attribute: Attribute) -> list[Given] | None:
        """Everything that is assigned to an attribute of `self`; None of something else."""
        owner = self.owner(attribute.value)
        if owner is None:
            return None
        key = id(owner), attribute.name
        if key not in self._given:
            related = self._related(owner)
            classes = {id(each) for each in related}
            found = [
                each.given
                for each in self.survey.attributes.get(attribute.name, ())
                if (fact := self.owner(each.owner)) and id(fact.definition) in classes
            ]
            for definition in related:
                found += self.survey.names.get((definition.scope, attribute.name), [])
            self._given[key] = found
        return self._given[key]

    def single(self, expression: Expression, depth: int = LONGEST_CHAIN) -> Expression | None:
        """The one value that a name, or an attribute of `self`, is ever given in sight."""
        match expression:
            case Name() if expression.variable in self.survey.parameters:
                return self._default(expression.variable, depth)
            case Name():
                found = self.survey.names.get(expression.variable, [])
            case Attribute():
                found = self.given(expression) or []
            case _:
                return None
        return found[0].value if len(found) == 1 and found[0].whole else None

    def _default(self, variable: Variable, depth: int) -> Expression | None:
        """The default of a parameter that nobody in sight gives anything else."""
        key = variable, depth
        if key not in self._defaults:
            function, parameter = self.survey.parameters[variable]
            given = variable in self.survey.names or any(
                value is not None or unseen
                for caller in self.callers(function)
                for value, unseen in [self.argument(caller, variable, depth)]
            )
            self._defaults[key] = None if given else parameter.default
        return self._defaults[key]


def _is_super(expression: Expression) -> bool:
    match expression:
        case Call(callee=Name(variable=(_, "super"))):
            return True
    return False
