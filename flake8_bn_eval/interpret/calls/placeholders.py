"""Methods that only say what subclasses have to define: their body raises, or they are abstract.

Calling one means the method of a subclass, which nobody has seen.
"""

from __future__ import annotations

from collections.abc import Iterator

from flake8_bn_eval.flow.nodes import Jump, Node, Sequence, Step
from flake8_bn_eval.operations import (
    Attribute,
    ClassDefinition,
    Constant,
    Evaluate,
    FunctionDefinition,
    Name,
    Opaque,
    Raise,
)
from flake8_bn_eval.wording import identifiers

NOT_IMPLEMENTED = "NotImplementedError"
ABSTRACT = frozenset({"abstractmethod", "abstractproperty"})


def is_placeholder(definition: FunctionDefinition) -> bool:
    """Whether a function is there to be overridden."""
    if any(identifiers(each) & ABSTRACT for each in definition.decorators):
        return True
    telling = [node for node in _statements(definition.body) if not _is_text(node)]
    return len(telling) == 1 and _raises(telling[0])


def resting_on_subclasses(class_: ClassDefinition) -> list[FunctionDefinition]:
    """The methods that come to a placeholder of their class: what they do is open.

    Where the constructor does, it is open for all what they work on.
    """
    methods = list(class_.methods.values())
    missing = {each.name for each in methods if is_placeholder(each)}
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


def _called_on_self(method: FunctionDefinition) -> Iterator[str]:
    own = {parameter.name for parameter in method.parameters[:1]}
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
