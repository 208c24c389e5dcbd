"""Plain containers of modules whose class stands in a file that nobody has read.

That they are modules is told by two things together: the name of their class, and that the
module which keeps them calls them one by one.
"""

from __future__ import annotations

from collections.abc import Iterator

from flake8_bn_eval.facts.written.attributes import AttributeAssignment
from flake8_bn_eval.facts.written.classes import PARTS, Classes, ClassFact
from flake8_bn_eval.facts.written.listing import expressions, operations
from flake8_bn_eval.facts.written.natures import Natures
from flake8_bn_eval.knowledge.lookup import Knowledge
from flake8_bn_eval.knowledge.words import mentions
from flake8_bn_eval.operations import (
    Attribute,
    Call,
    Clause,
    Comprehension,
    DictDisplay,
    Display,
    Expression,
    FunctionDefinition,
    Iterate,
    Name,
    Subscript,
    Variable,
)

FILLING = frozenset({"append", "insert"})


class UnseenLayers:
    """Finds them."""

    def __init__(self, classes: Classes, natures: Natures, knowledge: Knowledge) -> None:
        self._classes = classes
        self._natures = natures
        self._knowledge = knowledge

    def kind(self, class_: ClassFact, assignment: AttributeAssignment) -> str | None:
        """``list`` or ``dict`` if an attribute holds such modules, else None."""
        elements = list(self._elements(class_, assignment))
        if not elements or not all(self._is_layer(each) for each in elements):
            return None
        if not self._are_called(class_, assignment.name):
            return None
        value = assignment.value
        in_dict = isinstance(value, DictDisplay)
        in_dict |= isinstance(value, Comprehension) and value.kind == "dict"
        return "dict" if in_dict else "list"

    def _elements(self, class_: ClassFact, assignment: AttributeAssignment) -> Iterator[Expression]:
        match assignment.value:
            case Display(elements=elements) if len(elements) != 1:
                yield from elements
            case DictDisplay(items=items):
                yield from (value for _, value in items)
            case Comprehension(elements=[*_, element]):
                yield element
        for method in _methods(class_):
            for each in _written(method):
                match each:
                    case Call(callee=Attribute(value=filled, name=name), arguments=[*_, element]):
                        if name in FILLING and self._is_it(filled, assignment.name, method):
                            yield element

    def _is_layer(self, element: Expression) -> bool:
        """An object of an unseen class that is called like a layer."""
        if not isinstance(element, Call):
            return False
        meaning = self._classes.bindings.meaning(element.callee)
        if not isinstance(meaning, str) or self._knowledge.callable(meaning) is not None:
            return False
        name, vocabulary = meaning.rpartition(".")[2], self._knowledge.vocabulary
        words = vocabulary.modules | vocabulary.single_layers | PARTS
        return (
            name[:1].isupper()
            and mentions(name, words)
            and not mentions(name, vocabulary.losses | vocabulary.metrics)
        )

    def _are_called(self, class_: ClassFact, attribute: str) -> bool:
        """Whether a method calls an element of the container."""
        return any(
            self._calls_element(method, attribute)
            for method in _methods(class_)
            if method.name != "__init__"
        )

    def _calls_element(self, method: FunctionDefinition, attribute: str) -> bool:
        names = set(self._element_names(method, attribute))
        for each in _written(method):
            match each:
                case Call(callee=Name(variable=variable), arguments=[_, *_]) if variable in names:
                    return True
                case Call(callee=Subscript(value=container), arguments=[_, *_]):
                    if self._is_it(container, attribute, method):
                        return True
        return False

    def _element_names(self, method: FunctionDefinition, attribute: str) -> Iterator[Variable]:
        """The names of loops over the container."""
        loops: list[Iterate | Clause] = []
        for operation in operations(method.body):
            if isinstance(operation, Iterate):
                loops.append(operation)
            for each in expressions(operation):
                if isinstance(each, Comprehension):
                    loops += each.clauses
        for loop in loops:
            if any(self._is_it(each, attribute, method) for each in expressions(loop.iterable)):
                for each in expressions(loop.target):
                    if isinstance(each, Name):
                        yield each.variable

    def _is_it(self, expression: Expression, attribute: str, method: FunctionDefinition) -> bool:
        return (
            isinstance(expression, Attribute)
            and expression.name == attribute
            and self._natures.instance(expression.value, method) is not None
        )


def _methods(class_: ClassFact) -> Iterator[FunctionDefinition]:
    for owner in class_.lineage:
        yield from owner.methods.values()


def _written(method: FunctionDefinition) -> Iterator[Expression]:
    for operation in operations(method.body):
        yield from expressions(operation)
