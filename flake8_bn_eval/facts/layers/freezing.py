"""Where normalisation layers are frozen, and where somebody thaws them again.

Each function has a list of *effects* in the order of its text: it puts norm layers in
evaluation mode, it stops their parameters from learning, it calls `train()`.  The effects of a
function that is called, or handed to ``apply``, stand where the call stands.  What a
branch decides is not known here, only which guards exclude each other.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import Enum

from flake8_bn_eval.facts.layers.norm_holders import NormHolders
from flake8_bn_eval.facts.written.call_graph import CallGraph
from flake8_bn_eval.facts.written.listing import expressions
from flake8_bn_eval.facts.written.survey import CallSite, Given, Guard, Guards
from flake8_bn_eval.knowledge.lookup import Knowledge
from flake8_bn_eval.knowledge.words import mentions
from flake8_bn_eval.operations import (
    Attribute,
    Call,
    Comparison,
    Comprehension,
    Constant,
    Expression,
    FunctionDefinition,
    Lambda,
    Name,
    Negation,
    Place,
)
from flake8_bn_eval.wording import describe

DEEPEST = 4
PARAMETERS = frozenset({"parameters", "named_parameters"})
FLAG = "track_running_stats"

Arguments = dict[str, Expression]
"""What the parameters of a function are given, by their names."""


class Kind(Enum):
    """What is done to a module or to the norm layers in it."""

    FREEZE = "norm layers are put in evaluation mode"
    FREEZE_PARAMETERS = "the parameters of norm layers no longer learn"
    FREEZE_PART = "a part that holds norm layers, among others, is put in evaluation mode"
    FREEZE_PART_PARAMETERS = "the parameters of a part no longer learn"
    TRAIN = "the module is put in training mode"
    STATISTICS = "the flag `track_running_stats` of norm layers is given a value"


OF_PARTS = {
    Kind.FREEZE: Kind.FREEZE_PART,
    Kind.FREEZE_PARAMETERS: Kind.FREEZE_PART_PARAMETERS,
}


@dataclass(frozen=True, slots=True, eq=False)
class Effect:
    """One effect in a function; ``subject`` is the module as the function calls it.

    ``origin`` is where it is really done, perhaps in a function that is called at ``place``.
    ``value`` is what a flag is given, as far as the callers in between have said.
    """

    kind: Kind
    subject: str
    place: Place
    origin: Place
    guards: Guards
    value: Expression | None = None

    def concerns(self, other: Effect) -> bool:
        """Whether one subject is a part of the other."""
        return _is_below(self.subject, other.subject) or _is_below(other.subject, self.subject)

    def excludes(self, other: Effect) -> bool:
        """Whether the two never happen in one run."""
        return any(
            one.condition is two.condition and one.holds is not two.holds
            for one in self.guards
            for two in other.guards
        )


class Effects:
    """Lists the effects of functions."""

    def __init__(self, graph: CallGraph, knowledge: Knowledge) -> None:
        self.graph = graph
        self._knowledge = knowledge
        self._holders = NormHolders(graph, knowledge)
        self._known: dict[object, list[Effect]] = {}
        self._sites: dict[object, list[CallSite]] = {}
        for site in graph.survey.calls:
            self._sites.setdefault(_key(site.function), []).append(site)

    def of(self, function: FunctionDefinition | None, depth: int = DEEPEST) -> list[Effect]:
        """The effects of a function, or of the file's own body, in order."""
        key = _key(function)
        if key not in self._known:
            self._known[key] = []
            found = [
                each
                for site in self._sites.get(key, ())
                for each in self._at(site, depth)
            ]
            found += self._assigned(function)
            self._known[key] = sorted(found, key=lambda each: each.place)
        return self._known[key]

    def _at(self, site: CallSite, depth: int) -> Iterator[Effect]:
        call = site.call
        if isinstance(call.callee, Attribute):
            own = self._own_effect(site, call.callee)
            if own is not None:
                yield own
                return
        if depth:
            for arguments, function in self._entered(site):
                for effect in self.of(function, depth - 1):
                    yield from self._renamed(effect, arguments, site)

    def _own_effect(self, site: CallSite, callee: Attribute) -> Effect | None:
        kind = self._kind(site.call, callee.name)
        if kind is None:
            return None
        place = site.call.place
        if kind is Kind.TRAIN:
            return Effect(kind, describe(callee.value), place, place, site.guards)
        root = self._root(callee.value, place)
        if not self._is_norm(callee.value, site.guards, place):
            if not self._is_part(kind, root):
                return None
            kind = OF_PARTS[kind]
        return Effect(kind, describe(root), place, place, site.guards)

    def _is_part(self, kind: Kind, root: Expression) -> bool:
        """Whether something is kept by a module, and is known to hold norm layers."""
        if not isinstance(root, Attribute):
            return False
        return kind is Kind.FREEZE_PARAMETERS or self._holders.holds(root)

    def _kind(self, call: Call, name: str) -> Kind | None:
        given = [*call.arguments, *(value for _, value in call.keywords)]
        literal = given[0].value if given and isinstance(given[0], Constant) else None
        if name == "eval" and not given or name == "train" and literal is False:
            return Kind.FREEZE
        if name == "train" and (not given or literal is True):
            return Kind.TRAIN
        if name == "requires_grad_" and literal is False:
            return Kind.FREEZE_PARAMETERS
        return None

    def _assigned(self, function: FunctionDefinition | None) -> Iterator[Effect]:
        yield from self._frozen_parameters(function)
        for assigned in self.graph.survey.attributes.get(FLAG, ()):
            given = assigned.given
            if given.function is function:
                subject = describe(self._root(assigned.owner, given.place))
                yield Effect(
                    Kind.STATISTICS, subject, given.place, given.place, given.guards, given.value
                )

    def _frozen_parameters(self, function: FunctionDefinition | None) -> Iterator[Effect]:
        """``parameter.requires_grad = False`` of a norm layer."""
        for assigned in self.graph.survey.attributes.get("requires_grad", ()):
            given = assigned.given
            value = given.value
            if given.function is function and isinstance(value, Constant) and value.value is False:
                root, kind = self._root(assigned.owner, given.place), Kind.FREEZE_PARAMETERS
                if not self._is_norm(assigned.owner, given.guards, given.place):
                    if not self._is_part(kind, root):
                        continue
                    kind = OF_PARTS[kind]
                yield Effect(kind, describe(root), given.place, given.place, given.guards)

    # Norm layers

    def _is_norm(self, owner: Expression, guards: Guards, place: Place) -> bool:
        """Whether something is a norm layer, by a test that it passed or by its name."""
        if any(guard.holds and self._speaks_of_norms(guard.condition) for guard in guards):
            return True
        return any(self._is_called_norm(each) for each in (owner, self._root(owner, place)))

    def _is_called_norm(self, owner: Expression) -> bool:
        if isinstance(owner, Attribute) and owner.name in ("weight", "bias"):
            owner = owner.value
        name = describe(owner).partition("[")[0].rpartition(".")[2]
        return self._names_norm(name)

    def _names_norm(self, name: str) -> bool:
        """Whether something is called like a norm layer that keeps statistics."""
        vocabulary = self._knowledge.vocabulary
        return mentions(name, vocabulary.norms) and not mentions(
            name, vocabulary.norms_without_statistics
        )

    def _speaks_of_norms(self, condition: Expression) -> bool:
        """``isinstance(m, nn.BatchNorm2d)``, ``"bn" in name``."""
        for each in expressions(condition):
            match each:
                case Name(variable=(_, str() as word)) | Attribute(name=word):
                    spoken = word
                case Constant(value=str() as text):
                    spoken = text
                case _:
                    continue
            if self._names_norm(spoken):
                return True
        return False

    def _root(self, owner: Expression, place: Place, depth: int = DEEPEST) -> Expression:
        """The module of whose submodules or parameters something is an element."""
        if isinstance(owner, Attribute) and owner.name in ("weight", "bias"):
            return self._root(owner.value, place, depth)
        if not isinstance(owner, Name) or depth == 0:
            return owner
        found = self.graph.survey.names.get(owner.variable, [])
        if owner.variable in self.graph.survey.parameters:
            return owner
        if len(found) > 1 and not any(each.whole for each in found):
            # One name in several loops: it is an element of what the nearest one goes through.
            found = [each for each in found if each.place <= place][-1:]
        return self._container(found[0], owner, place, depth) if len(found) == 1 else owner

    def _container(self, given: Given, element: Name, place: Place, depth: int) -> Expression:
        value = given.value
        if isinstance(value, Comprehension) and len(value.clauses) == 1:
            value = value.clauses[0].iterable
        elif given.whole:
            return element
        while isinstance(value, Call) and isinstance(value.callee, Name) and value.arguments:
            value = value.arguments[0]  # list(...), enumerate(...)
        match value:
            case Call(callee=Attribute(value=module, name=name)):
                row = self._knowledge.method("module", name)
                if name in PARAMETERS or row is not None and row.effect == "submodules":
                    return self._root(module, place, depth - 1)
            case Name():
                return self._root(value, place, depth - 1)
        return element

    # Calls

    def _entered(self, site: CallSite) -> Iterator[tuple[Arguments, FunctionDefinition]]:
        """The functions that a call enters, each with what its parameters are given."""
        callee = site.call.callee
        if isinstance(callee, Attribute) and callee.name == "apply" and site.call.arguments:
            function = self._function(site.call.arguments[0])
            if function is not None and function.parameters:
                root = self._root(callee.value, site.call.place)
                yield {function.parameters[0].name: root}, function
            return
        entries = self.graph.entries(site)
        for entry in entries:
            names = [each.name for each in entry.function.parameters]
            arguments = _defaults(entry.function)
            arguments |= zip(names[entry.bound :], site.call.arguments, strict=False)
            arguments |= {key: value for key, value in site.call.keywords if key}
            if entry.bound and names and isinstance(callee, Attribute):
                arguments[names[0]] = callee.value
            yield arguments, entry.function
        if not entries and isinstance(callee, Attribute) and not callee.name.startswith("_"):
            yield from self._method(callee)

    def _function(self, expression: Expression) -> FunctionDefinition | None:
        if isinstance(expression, Lambda):
            return expression.function
        meaning = self.graph.bindings.meaning(expression)
        return meaning if isinstance(meaning, FunctionDefinition) else None

    def _method(self, callee: Attribute) -> Iterator[tuple[Arguments, FunctionDefinition]]:
        """A method of some module class of the file, where only one has that name."""
        found = [each.methods[callee.name] for each in self.graph.classes.modules()
                 if callee.name in each.methods]
        if len(found) == 1 and found[0].parameters:
            yield {found[0].parameters[0].name: callee.value}, found[0]

    def _renamed(self, effect: Effect, arguments: Arguments, site: CallSite) -> Iterator[Effect]:
        head, dot, rest = effect.subject.partition(".")
        if any(_is_ruled_out(each, arguments) for each in effect.guards):
            return
        if head in arguments and not isinstance(arguments[head], Constant):
            yield replace(
                effect,
                subject=f"{describe(arguments[head])}{dot}{rest}",
                place=site.call.place,
                guards=(*effect.guards, *site.guards),
                value=_given_by(effect.value, arguments),
            )


def _defaults(function: FunctionDefinition) -> Arguments:
    return {each.name: each.default for each in function.parameters if each.default is not None}


def _is_ruled_out(guard: Guard, arguments: Arguments) -> bool:
    """Whether the literals that a caller gives make a condition come out the other way."""
    match guard.condition:
        case Comparison(operator="==" | "is", left=Name() as name, right=Constant(value=wanted)):
            given = arguments.get(name.variable[1])
            return isinstance(given, Constant) and (given.value == wanted) is not guard.holds
        case Negation(operand=Name() as name):
            given = arguments.get(name.variable[1])
            return isinstance(given, Constant) and bool(given.value) is guard.holds
        case Name() as name:
            given = arguments.get(name.variable[1])
            return isinstance(given, Constant) and bool(given.value) is not guard.holds
    return False


def _given_by(value: Expression | None, arguments: Arguments) -> Expression | None:
    """A value that is a parameter of a function, or its negation, as its caller says it."""
    match value:
        case Name(variable=(_, name)):
            return arguments.get(name, value)
        case Negation(operand=operand):
            inner = _given_by(operand, arguments)
            if isinstance(inner, Constant):
                return Constant(not inner.value)
            return None if inner is None else Negation(inner)
    return value


def _key(function: FunctionDefinition | None) -> object:
    return None if function is None else id(function)


def _is_below(part: str, whole: str) -> bool:
    return part == whole or part.startswith((f"{whole}.", f"{whole}["))
