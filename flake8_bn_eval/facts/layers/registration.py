"""Modules that a module keeps without registering them: in a plain list, tuple or dictionary.

`eval()`, `to()`, `parameters()` and `state_dict()` walk over registered children only: attributes
that are modules, and what `ModuleList`, `ModuleDict` and `Sequential` hold.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from flake8_bn_eval.facts.layers.unseen_layers import UnseenLayers
from flake8_bn_eval.facts.written.attributes import AttributeAssignment
from flake8_bn_eval.facts.written.bindings import Meaning
from flake8_bn_eval.facts.written.classes import Classes, ClassFact
from flake8_bn_eval.facts.written.listing import expressions, operations
from flake8_bn_eval.facts.written.natures import Natures
from flake8_bn_eval.interpret.modules.constructions import Constructions, Unregistered
from flake8_bn_eval.knowledge.lookup import Knowledge
from flake8_bn_eval.lazily import cached_property
from flake8_bn_eval.operations import (
    Assign,
    Attribute,
    AugmentedAssign,
    Binary,
    Call,
    Comprehension,
    Conditional,
    Constant,
    DictDisplay,
    Display,
    Evaluate,
    Expression,
    FunctionDefinition,
    Name,
    Operation,
    Place,
    Program,
    Return,
    Subscript,
)

CONSTRUCTOR = "__init__"
MAKING_CONTAINERS = frozenset(
    {"builtins.list", "builtins.dict", "builtins.tuple", "collections.OrderedDict",
     "collections.defaultdict", "builtins.sorted"}
)  # fmt: skip
FILLING = frozenset({"append", "extend", "insert"})
"""Methods that put something into a container."""
ONLY_READING = frozenset(
    {"len", "enumerate", "zip", "reversed", "range", "print", "iter", "next", "isinstance", "str",
     "list", "tuple", "sum", "max", "min", "map", "any", "all"}
)  # fmt: skip
"""Builtins that a container may be handed to without being registered."""
REACHING = frozenset(
    {"train", "eval", "to", "cuda", "cpu", "_apply", "apply", "parameters", "named_parameters",
     "state_dict", "load_state_dict", "children", "modules", "named_children", "named_modules"}
)  # fmt: skip
"""Methods of modules that reach the children; an override may reach these as well."""


@dataclass(frozen=True, slots=True)
class PlainContainer:
    """``self.layers = [...]`` that holds modules which nobody registers."""

    place: Place
    class_name: str
    attribute: str
    kind: str


class Registration:
    """Finds containers of unregistered modules."""

    def __init__(
        self,
        program: Program,
        constructions: Constructions,
        classes: Classes,
        natures: Natures,
        knowledge: Knowledge,
    ) -> None:
        self._program = program
        self._knowledge = knowledge
        self._constructions = constructions
        self._classes = classes
        self._natures = natures

    def plain_containers(self) -> Iterator[PlainContainer]:
        """Every plain container of a module's modules, at the assignment of its attribute."""
        for class_ in self._classes.modules():
            candidates = {
                attribute: assignment
                for attribute, assignment in self._candidates(class_).items()
                if attribute not in self._data and not self._is_reached(assignment, class_)
            }
            if not candidates:
                continue
            for found in self._constructions.unregistered(class_.definition):
                assignment = candidates.pop(found.attribute, None)
                if assignment is not None and not _hides_one(found, assignment):
                    yield PlainContainer(
                        assignment.place, class_.name, found.attribute, found.container
                    )
            for attribute, assignment in candidates.items():
                kind = self._unseen.kind(class_, assignment)
                if kind is not None:
                    yield PlainContainer(assignment.place, class_.name, attribute, kind)

    @cached_property
    def _unseen(self) -> UnseenLayers:
        return UnseenLayers(self._classes, self._natures, self._knowledge)

    @cached_property
    def _data(self) -> set[str]:
        """The attributes whose contents the file counts or asks by a key, and nothing else."""
        asked: set[str] = set()
        used: set[str] = set()
        for function in self._program.functions:
            for operation in operations(function.body):
                for name, is_asked in _reads(operation):
                    (asked if is_asked else used).add(name)
        return asked - used

    def _candidates(self, class_: ClassFact) -> dict[str, AttributeAssignment]:
        """The attributes that are given a container, with the first such assignment."""
        found: dict[str, AttributeAssignment] = {}
        for assignment in sorted(self._natures.fields(class_), key=lambda each: each.place):
            if self._may_be_container(assignment.value):
                found.setdefault(assignment.name, assignment)
        return found

    def _may_be_container(self, value: Expression) -> bool:
        if isinstance(value, Name):
            values = self._classes.bindings.values(value.variable)
            return any(isinstance(each, Expression) and self._is_container(each) for each in values)
        return self._is_container(value)

    def _is_container(self, value: Expression) -> bool:
        match value:
            case Display(elements=[_, *_] as elements):
                return not all(isinstance(each, Constant) for each in elements)
            case Display() | DictDisplay() | Comprehension():
                return True
            case Binary():
                return self._is_container(value.left) or self._is_container(value.right)
            case Call():
                return any(self._makes_container(each) for each in self._called(value))
            case Conditional():
                return self._is_container(value.then) or self._is_container(value.otherwise)
        return False

    def _called(self, call: Call) -> set[Meaning]:
        """What a call may call: a function, or a method of the same object."""
        callee = call.callee
        if isinstance(callee, Attribute) and isinstance(callee.value, Name):
            owner = self._classes.instance(callee.value.variable)
            if owner is not None:
                return {owner.method(callee.name)}
        return self._classes.bindings.meanings(callee)

    def _makes_container(self, maker: Meaning) -> bool:
        if isinstance(maker, FunctionDefinition):
            returned = (each.value for each in operations(maker.body) if isinstance(each, Return))
            return any(
                each is not None and not isinstance(each, Call) and self._may_be_container(each)
                for each in returned
            )
        return maker in MAKING_CONTAINERS

    def _is_reached(self, assignment: AttributeAssignment, class_: ClassFact) -> bool:
        """Somebody registers what the container holds later, or reaches it by hand."""
        methods = [each for owner in class_.lineage for each in owner.methods.values()]
        if self._is_only_chosen_from(assignment.name, methods):
            return True
        return any(
            self._hands_on(method, assignment.name, assignment.value)
            or method.name in REACHING
            and self._mentions(method, assignment.name)
            for method in methods
        )

    def _is_only_chosen_from(self, attribute: str, methods: list[FunctionDefinition]) -> bool:
        """Candidates, of which the constructor keeps some: nobody calls one in the container."""
        makers = self._constructing(methods)
        if any(self._mentions(each, attribute) for each in methods if each not in makers):
            return False
        return any(
            isinstance(each, Subscript)
            and self._is_it(each.value, attribute, method)
            or isinstance(each, Call)
            and isinstance(each.callee, Attribute)
            and each.callee.name == "get"
            and self._is_it(each.callee.value, attribute, method)
            for method in makers
            for operation in operations(method.body)
            if not isinstance(operation, Evaluate)
            for each in expressions(_value_of(operation))
        )

    def _constructing(self, methods: list[FunctionDefinition]) -> list[FunctionDefinition]:
        """The constructor, and the methods that nothing in the class calls but those."""
        makers = [each for each in methods if each.name == CONSTRUCTOR]
        callers = [
            (each, [it for it in methods if self._mentions(it, each.name)]) for each in methods
        ]
        while True:
            more = [
                each
                for each, found in callers
                if found and each not in makers and all(it in makers for it in found)
            ]
            if not more:
                return makers
            makers += more

    def _mentions(self, method: FunctionDefinition, attribute: str) -> bool:
        return any(
            self._is_it(each, attribute, method)
            for operation in operations(method.body)
            for each in expressions(operation)
        )

    def _is_it(self, expression: Expression, attribute: str, method: FunctionDefinition) -> bool:
        return (
            isinstance(expression, Attribute)
            and expression.name == attribute
            and self._natures.instance(expression.value, method) is not None
        )

    def _hands_on(self, method: FunctionDefinition, attribute: str, value: Expression) -> bool:
        """The container goes to a call that may register what it holds."""
        variable = value.variable if isinstance(value, Name) else None
        for operation in operations(method.body):
            written = list(expressions(operation))
            used = _used_up(written)
            for call in written:
                if isinstance(call, Call) and not _only_reads(call):
                    given = [*call.arguments, *(each for _, each in call.keywords)]
                    for part in (each for argument in given for each in expressions(argument)):
                        if id(part) not in used and (
                            self._is_it(part, attribute, method)
                            or isinstance(part, Name)
                            and part.variable == variable
                        ):
                            return True
        return False


def _used_up(written: list[Expression]) -> set[int]:
    """Containers of which an element is called at once, or whose elements are counted."""
    found: set[int] = set()
    for each in written:
        match each:
            case Call(callee=Subscript(value=container)):
                found.add(id(container))
            case Call(callee=Name(variable=(_, "len" | "enumerate" | "range")), arguments=given):
                found |= {id(it) for it in given}
            case Comprehension(elements=[*_, Call(callee=Name() as called)], clauses=clauses):
                for clause in clauses:
                    names = [it for it in expressions(clause.target) if isinstance(it, Name)]
                    if any(it.variable == called.variable for it in names):
                        found |= {id(it) for it in expressions(clause.iterable)}
    return found


def _reads(operation: Operation) -> Iterator[tuple[str, bool]]:
    """The attributes that are read, each with whether it is only counted or asked by a key.

    Filling one is no read, and calling what a key gives is no mere question.
    """
    idle = {id(each) for each in _targets(operation)}
    asked: set[int] = set()
    called: set[int] = set()
    for each in expressions(operation):
        match each:
            case Call(callee=Attribute(value=filled, name=name)) if name in FILLING:
                idle.add(id(filled))
            case Call(callee=Name(variable=(_, "len")), arguments=[counted]):
                asked.add(id(counted))
            case Call(callee=Subscript() as callee):
                called.add(id(callee))
            case Subscript(value=Subscript(value=keeping), index=Constant(value=str())):
                if id(each) not in called:
                    asked.add(id(keeping))
            case Attribute(name=name) if id(each) not in idle:
                yield name, id(each) in asked


def _value_of(operation: Operation) -> Operation | Expression:
    """What an operation reads: of an assignment, its value."""
    return operation.value if isinstance(operation, Assign) else operation


def _targets(operation: Operation) -> list[Expression]:
    match operation:
        case Assign(targets=targets):
            return targets
        case AugmentedAssign(target=target):
            return [target]
    return []


def _hides_one(found: Unregistered, assignment: AttributeAssignment) -> bool:
    """A display around one module hides it on purpose."""
    return not found.several and isinstance(assignment.value, Display | DictDisplay)


def _only_reads(call: Call) -> bool:
    callee = call.callee
    return isinstance(callee, Name) and callee.variable[1] in ONLY_READING
