"""Fields of classes that hold options: dataclasses and their like, and what a constructor sets.

An expression says which field it reads, not of which class: nothing here knows annotations.
A field is taken for that of the one class of the file that has a field of this name.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from flake8_bn_eval.facts.written.survey import Given
from flake8_bn_eval.lazily import cached_property
from flake8_bn_eval.operations import Attribute, Call, ClassDefinition, Expression

if TYPE_CHECKING:
    from flake8_bn_eval.facts.written.call_graph import CallGraph

CONSTRUCTOR = "__init__"
MOST_NAMES = 4
DECORATORS = frozenset(
    {"dataclasses.dataclass", "attr.s", "attr.define", "attr.frozen", "attrs.define",
     "attrs.frozen", "pydantic.dataclasses.dataclass"}
)  # fmt: skip
BASES = frozenset({"typing.NamedTuple", "pydantic.BaseModel", "pydantic_settings.BaseSettings"})
FIELDS = frozenset({"dataclasses.field", "attr.ib", "attr.field", "attrs.field", "pydantic.Field"})
DEFAULT = "default"


class Schemas:
    """Finds the fields."""

    def __init__(self, graph: CallGraph) -> None:
        self._graph = graph

    def values(self, name: str) -> list[Given]:
        """What the field of this name is given; nothing if no class has one, or several have.

        The default counts where a call leaves the field out, or no call is in sight.
        """
        owners = [each for each in self._schemas if (each.scope, name) in self._graph.survey.names]
        if len(owners) != 1 or self._is_set_from_outside(name):
            return []
        assigned = self._graph.survey.names[owners[0].scope, name]
        if len(assigned) != 1:
            return []
        calls = [
            site.call
            for site in self._graph.survey.calls
            if self._graph.bindings.meaning(site.call.callee) is owners[0]
        ]
        found: list[Given] = []
        left_out = not calls
        for call in calls:
            passed = self._graph.passed(call)
            if name in passed.keywords:
                found.append(Given(passed.keywords[name], True, None, (), call.place))
            left_out |= name not in passed.keywords and not passed.positional and not passed.open
        default = self._default(assigned[0].value) if left_out else None
        if default is not None:
            found.append(replace(assigned[0], value=default))
        return found

    def of_instance(self, attribute: Attribute, depth: int = MOST_NAMES) -> list[Given]:
        """What a constructor gives the attribute of an object that is made in sight."""
        made = self._made(attribute.value, depth)
        if made is None or self._is_set_from_outside(attribute.name):
            return []
        assigned = self._graph.survey.attributes.get(attribute.name, ())
        own = [each for each in assigned if self._is_own(each.owner, made)]
        functions = [each.given.function for each in own]
        is_set_once = len(own) == 1 and own[0].given.whole
        by_constructor = all(each is not None and each.name == CONSTRUCTOR for each in functions)
        return [own[0].given] if is_set_once and by_constructor else []

    def _made(self, expression: Expression | None, depth: int) -> ClassDefinition | None:
        """The class that is called for an object, which has gone through so many names."""
        while expression is not None and not isinstance(expression, Call) and depth:
            expression, depth = self._graph.single(expression), depth - 1
        if not isinstance(expression, Call):
            return None
        meaning = self._graph.bindings.meaning(expression.callee)
        return meaning if isinstance(meaning, ClassDefinition) else None

    def _is_own(self, owner: Expression, class_: ClassDefinition) -> bool:
        """Whether something is `self` in a class, or in one that may be below or above it."""
        fact = self._graph.owner(owner)
        return fact is not None and any(
            class_ in each.lineage for each in self._graph.kin(fact)
        )

    def _is_set_from_outside(self, name: str) -> bool:
        """Whether somebody sets an attribute of this name of anything but `self`."""
        assigned = self._graph.survey.attributes.get(name, ())
        return any(self._graph.owner(each.owner) is None for each in assigned)

    @cached_property
    def _schemas(self) -> list[ClassDefinition]:
        return [each.definition for each in self._graph.classes.all if self._holds(each.definition)]

    def _holds(self, definition: ClassDefinition) -> bool:
        decorators = [
            each.callee if isinstance(each, Call) else each for each in definition.decorators
        ]
        return any(self._is_one_of(each, DECORATORS) for each in decorators) or any(
            self._is_one_of(each, BASES) for each in definition.bases
        )

    def _is_one_of(self, expression: Expression, paths: frozenset[str]) -> bool:
        return not paths.isdisjoint(map(str, self._graph.bindings.meanings(expression)))

    def _default(self, value: Expression) -> Expression | None:
        if isinstance(value, Call) and self._is_one_of(value.callee, FIELDS):
            return self._graph.passed(value).keywords.get(DEFAULT)
        return value
