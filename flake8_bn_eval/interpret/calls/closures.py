"""What a function brings along of the frame that it was defined in, once that is gone."""

from __future__ import annotations

from dataclasses import replace

from flake8_bn_eval.flow.domain import Exits
from flake8_bn_eval.interpret.control.steps import RESULT
from flake8_bn_eval.modes.states import State
from flake8_bn_eval.modes.things import Function
from flake8_bn_eval.modes.values import Value
from flake8_bn_eval.modes.world import World
from flake8_bn_eval.operations import Variable

Captured = tuple[tuple[Variable, Value], ...]
Escaped = dict[int, tuple[Function, World]]
"""Inner functions that others may call, by their definition, and the world when they got out."""
CELLS = -(1 << 40)
"""The scope of what closures have set in the names that they brought along."""


def cells(captured: Captured, world: World) -> Captured:
    """What a closure finds in the names that it brought along: earlier calls may have set them."""
    found = [(variable, value, world.names.get(_cell(variable))) for variable, value in captured]
    return tuple(
        (variable, value if later is None else value.join(later))
        for variable, value, later in found
    )


def closed_over(
    value: Value, scope: int, captured: Captured, world: World, escaped: Escaped
) -> Value:
    """An inner function that is returned takes the frame's names along; `escaped` notes it."""
    inner = frozenset(
        thing
        for thing in value.things
        if isinstance(thing, Function) and thing.definition.parent_scope == scope
    )
    if not inner:
        return value
    own = [each for each in world.names.of_scope(scope) if each[1] != RESULT]
    names = {v: each for v in own if (each := world.names.get(v)) is not None}
    names = {**dict(captured), **names}
    taken = tuple(sorted(names.items(), key=lambda item: item[0]))
    closed = frozenset(replace(each, captured=each.captured + taken) for each in inner)
    for thing in sorted(closed, key=lambda thing: thing.definition.place):
        if id(thing.definition) not in escaped:
            escaped[id(thing.definition)] = thing, world.fork()
    return replace(value, things=value.things - inner | closed)


def _cell(variable: Variable) -> Variable:
    """The name under which what was set in a closure waits for the next call."""
    return CELLS, f"{variable[0]}:{variable[1]}"


def uncover(
    hidden: dict[Variable, Value | None], captured: dict[Variable, Value], exits: Exits[State]
) -> None:
    """After a call, the names that its closure brought along are those of before."""
    for state in exits.values() if hidden else ():
        for world in state:
            for variable, value in hidden.items():
                left = world.names.get(variable)
                if left is not None and left != captured[variable]:
                    world.names[_cell(variable)] = captured[variable].join(left)
                if value is None:
                    world.names.remove(variable)
                else:
                    world.names[variable] = value
