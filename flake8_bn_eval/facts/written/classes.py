"""The classes of a file: whether they are modules, and which methods they have.

A class is a module if one of its bases is, directly or through classes of the file.  Where
a base comes from somewhere unseen the answer is unknown, and a rule should be silent.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from flake8_bn_eval.facts.written.bindings import Bindings, Meaning
from flake8_bn_eval.facts.written.listing import operations
from flake8_bn_eval.knowledge.lookup import Knowledge
from flake8_bn_eval.knowledge.words import mentions
from flake8_bn_eval.lazily import cached_property
from flake8_bn_eval.operations import (
    Assign,
    Attribute,
    Call,
    ClassDefinition,
    FunctionDefinition,
    Name,
    Place,
    Program,
    Variable,
)
from flake8_bn_eval.resolution import Resolution


@dataclass(frozen=True, slots=True, eq=False)
class ClassFact:
    """One class of the file.

    ``is_module``  whether its instances are modules; None where nobody can tell
    ``lineage``    the class and its bases in the file, in the order of Python's look-up
    ``outside``    dotted names of the bases that are not in the file, None for unknown ones
    """

    definition: ClassDefinition
    is_module: bool | None
    lineage: tuple[ClassDefinition, ...]
    outside: tuple[str | None, ...]

    @property
    def name(self) -> str:
        """The name of the class."""
        return self.definition.name

    @property
    def place(self) -> Place:
        """Where it is defined."""
        return self.definition.place

    @property
    def methods(self) -> dict[str, FunctionDefinition]:
        """The methods that its own body defines."""
        return self.definition.methods

    def method(self, name: str) -> FunctionDefinition | None:
        """A method of its own or of a base in the file."""
        found = (each.methods[name] for each in self.lineage if name in each.methods)
        return next(found, None)

    def self_of(self, method: FunctionDefinition) -> Variable | None:
        """The variable by which a method calls its instance; None for a static or class method."""
        for decorator in method.decorators:
            if isinstance(decorator, Name) and decorator.variable[1] in NO_INSTANCE:
                return None
        if not method.parameters or method.parameters[0].kind != "positional":
            return None
        return method.scope, method.parameters[0].name


NO_INSTANCE = frozenset({"staticmethod", "classmethod"})
PARTS = frozenset({"attention", "block", "embedding", "cell"})
"""Words in the names of modules that are parts of others."""


class Classes:
    """The classes of one program."""

    def __init__(self, program: Program, knowledge: Knowledge) -> None:
        self._program = program
        self._knowledge = knowledge
        self._known_meanings: dict[int, list[list[Meaning]]] = {}
        self._verdicts: dict[int, bool | None] = {}

    @cached_property
    def bindings(self) -> Bindings:
        """What the names of the file stand for."""
        return Bindings(self._program)

    @cached_property
    def all(self) -> list[ClassFact]:
        """Every class of the file, in the order of the text, local ones too."""
        definitions = sorted(self._program.classes, key=lambda each: each.place)
        return [self._fact(each) for each in definitions]

    @cached_property
    def _owners(self) -> dict[int, ClassFact]:
        return {
            id(method): fact for fact in self.all for method in fact.definition.methods.values()
        }

    @cached_property
    def _instances(self) -> dict[Variable, ClassFact]:
        """The variables by which methods call their instance, and functions inside them."""
        found: dict[Variable, ClassFact] = {}
        for fact in self.all:
            for method in fact.methods.values():
                variable = fact.self_of(method)
                if variable is not None:
                    found[variable] = fact
        return found

    @cached_property
    def _by_definition(self) -> dict[int, ClassFact]:
        return {id(fact.definition): fact for fact in self.all}

    def of(self, definition: ClassDefinition) -> ClassFact:
        """What is known of a class."""
        return self._by_definition[id(definition)]

    def instance(self, variable: Variable) -> ClassFact | None:
        """The class whose instance a variable is: the ``self`` of one of its methods."""
        return self._instances.get(variable)

    def of_method(self, function: FunctionDefinition) -> ClassFact | None:
        """The class whose method a function is."""
        return self._owners.get(id(function))

    def modules(self) -> Iterator[ClassFact]:
        """The classes whose instances are surely modules."""
        return (each for each in self.all if each.is_module)

    def seems_module(self, class_: ClassFact) -> bool:
        """Whether it is a module, or has all of one but a base that somebody has seen.

        Such a class has a `forward` of its own, and a base that is called like a module, or
        attributes that are layers of a library.
        """
        if class_.is_module is not None:
            return class_.is_module
        forward = class_.method("forward")
        if forward is None or class_.self_of(forward) is None:
            return False
        vocabulary = self._knowledge.vocabulary
        words = vocabulary.modules | vocabulary.single_layers | vocabulary.losses | PARTS
        named = (each.rpartition(".")[2] for each in class_.outside if each is not None)
        return any(mentions(each, words) for each in named) or self._keeps_layers(class_)

    def _keeps_layers(self, class_: ClassFact) -> bool:
        methods = (each for owner in class_.lineage for each in owner.methods.values())
        return any(
            isinstance(operation, Assign)
            and any(isinstance(target, Attribute) for target in operation.targets)
            and isinstance(operation.value, Call)
            and self._makes_module(operation.value)
            for method in methods
            for operation in operations(method.body)
        )

    def _makes_module(self, call: Call) -> bool:
        paths = (each for each in self.bindings.meanings(call.callee) if isinstance(each, str))
        rows = map(self._knowledge.callable, paths)
        return any(row is not None and row.returns == "module" for row in rows)

    @cached_property
    def _resolution(self) -> Resolution[ClassDefinition]:
        return Resolution(self.bases_in_file)

    def bases_in_file(self, definition: ClassDefinition) -> list[ClassDefinition]:
        """The classes of the file that a class names as its bases."""
        meanings = [each for base in self._meanings(definition) for each in base]
        return [each for each in meanings if isinstance(each, ClassDefinition)]

    def _meanings(self, definition: ClassDefinition) -> list[list[Meaning]]:
        """What each base of a class may be."""
        known = self._known_meanings.get(id(definition))
        if known is None:
            known = [_sorted(self.bindings.meanings(base)) for base in definition.bases]
            self._known_meanings[id(definition)] = known
        return known

    def _fact(self, definition: ClassDefinition) -> ClassFact:
        lineage = self._resolution.order(definition)
        outside = [
            each if isinstance(each, str) else None
            for one in lineage
            for base in self._meanings(one)
            for each in base
            if not isinstance(each, ClassDefinition)
        ]
        return ClassFact(definition, self._is_module(definition), lineage, tuple(outside))

    def _is_module(self, definition: ClassDefinition) -> bool | None:
        """Whether a class is a module; one that is among its own bases is none by that."""
        if id(definition) not in self._verdicts:
            self._verdicts[id(definition)] = False
            verdicts = set()
            for base in self._meanings(definition):
                found = {self._base_is_module(each) for each in base}
                verdicts.add(found.pop() if len(found) == 1 else None)
            verdict = True if True in verdicts else None if None in verdicts else False
            self._verdicts[id(definition)] = verdict
        return self._verdicts[id(definition)]

    def _base_is_module(self, base: Meaning) -> bool | None:
        match base:
            case ClassDefinition():
                return self._is_module(base)
            case str():
                return self._knowledge.is_module_class(base)
        return None


def _sorted(meanings: set[Meaning]) -> list[Meaning]:
    return sorted(meanings, key=lambda each: (type(each).__name__, _name(each)))


def _name(meaning: Meaning) -> str:
    match meaning:
        case ClassDefinition() | FunctionDefinition():
            return f"{meaning.name} {meaning.place}"
    return str(meaning)
