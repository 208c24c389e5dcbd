"""Fields of classes that keep under names what they are made with: dataclasses, named tuples."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from flake8_bn_eval.operations import Call, Expression, Place

if TYPE_CHECKING:
    from flake8_bn_eval.modes.values import Value


@dataclass(frozen=True, slots=True)
class Field:
    """A field of a class that gets its constructor, or its elements, from what it annotates.

    ``value``    what stands behind the annotation
    ``default``  what that was in the class body
    ``factory``  what is called for the value where none is given
    ``given``    whether the constructor has a parameter for it, and ``keyword`` of what kind
    ``kept``     whether the object has such an attribute
    """

    name: str
    value: Expression | None = None
    default: Value | None = None
    factory: Expression | None = None
    given: bool = True
    keyword: bool = False
    kept: bool = True

    def place(self, otherwise: Place) -> Place:
        """The place by which what its factory makes is told from what others make."""
        return self.value.place if isinstance(self.value, Call) else otherwise
