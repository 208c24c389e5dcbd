"""What a class leaves to its subclasses: methods that only raise or are abstract, or no method.

Calling one means the method of a subclass, which nobody has seen.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Set

from flake8_bn_eval.flow.nodes import Jump, Node, Sequence, Step, held
from flake8_bn_eval.operations import (
    Assign,
    Attribute,
    ClassDefinition,
    Constant,
    DefineFunction,
    Display,
    Evaluate,
    Expression,
    FunctionDefinition,
    Name,
    Opaque,
    Raise,
)
from flake8_bn_eval.wording import identifiers

NOT_IMPLEMENTED = "NotImplementedError"
ABSTRACT = frozenset({"abstractmethod", "abstractproperty"})
BY_NAME = frozenset({"setattr", "__setattr__", "__dict__", "__getattr__", "__getattribute__"})
"""By these a class may have attributes that nobody sees it define."""


def is_placeholder(definition: FunctionDefinition) -> bool:
    """Whether a function is there to be overridden."""
    if any(identifiers(each) & ABSTRACT for each in definition.decorators):
        return True
    telling = [node for node in _statements(definition.body) if not _is_text(node)]
    return len(telling) == 1 and _raises(telling[0])


def undeclared(lineage: Iterable[ClassDefinition]) -> set[str]:
    """What the methods of a class and its bases call on their object and nobody there defines."""
    classes = list(lineage)
    methods = [each for class_ in classes for each in class_.methods.values()]
    called = {name for each in methods for name in _called_on_self(each)}
    missing = called - {each.name for each in methods}
    if not missing or any(_names_attributes(each) for each in methods):
        return set()
    for class_ in classes:
        missing -= _defined_by(class_.body)
    for each in methods:
        missing -= set(_assigned_on_self(each))
    return missing


def placeholders(class_: ClassDefinition) -> set[str]:
    """The methods of a class that are there to be overridden."""
    return {each.name for each in class_.methods.values() if is_placeholder(each)}


def resting_on_subclasses(
    class_: ClassDefinition, undeclared: Set[str] = frozenset()
) -> list[FunctionDefinition]:
    """The methods that come to what only subclasses define: what they do is open.

    Where the constructor does, it is open for all what they work on.
    """
    methods = list(class_.methods.values())
    missing = placeholders(class_) | undeclared
    found: dict[str, FunctionDefinition] = {}
    while missing:
        called = missing | found.keys()
        more = {
            each.name: each
            for each in methods
            if each.name not in called and not called.isdisjoint(_called_on_self(each))
        }
        if not more:
            break
        found |= more
    if "__init__" in found:
        found |= {each.name: each for each in methods if each.name not in missing}
    return list(found.values())


def _own(method: FunctionDefinition) -> set[str]:
    """What a method calls its object."""
    return {parameter.name for parameter in method.parameters[:1]}


def _names_attributes(method: FunctionDefinition) -> bool:
    return method.name in BY_NAME or not BY_NAME.isdisjoint(method.called_names)


def _defined_by(body: Node) -> set[str]:
    """The names that a class body gives a value."""
    found: set[str] = set()
    for operation in held(body):
        match operation:
            case Assign(targets=targets):
                names = (each for target in targets for each in _parts(target))
                found |= {each.variable[1] for each in names if isinstance(each, Name)}
            case DefineFunction(variable=(_, name)):
                found.add(name)
    return found


def _assigned_on_self(method: FunctionDefinition) -> Iterator[str]:
    own = _own(method)
    for operation in held(method.body):
        for target in operation.targets if isinstance(operation, Assign) else ():
            for each in _parts(target):
                match each:
                    case Attribute(value=Name(variable=(_, owner)), name=name) if owner in own:
                        yield name


def _parts(target: Expression) -> Iterator[Expression]:
    """What a target binds: ``self.a, self.b = pair`` are two."""
    if isinstance(target, Display):
        for each in target.elements:
            yield from _parts(each)
    else:
        yield target


def _called_on_self(method: FunctionDefinition) -> Iterator[str]:
    own = _own(method)
    for call in method.calls:
        match call.callee:
            case Attribute(value=Name(variable=(_, owner)), name=name) if owner in own:
                yield name


def _statements(body: Node) -> Iterator[Node]:
    if isinstance(body, Sequence):
        for node in body.nodes:
            yield from _statements(node)
    else:
        yield body


def _is_text(node: Node) -> bool:
    """A docstring, or the dots that stand for a body."""
    match node:
        case Step(operation=Evaluate(expression=Constant() | Opaque(parts=[]))):
            return True
    return False


def _raises(node: Node) -> bool:
    operation = node.operation if isinstance(node, Jump) else None
    if not isinstance(operation, Raise):
        return False
    return any(NOT_IMPLEMENTED in identifiers(part) for part in operation.parts)
