"""Lists whose elements come, go and change places: what their fields are afterwards.

An element has its index as its key; one that was appended has the place of that call, so
that a loop is noticed which appends again.  The order of the fields is that of the elements.
Where it is not known any more, all elements are the *rest*.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from flake8_bn_eval.modes.joins import is_attribute
from flake8_bn_eval.modes.objects import Key, Object
from flake8_bn_eval.modes.values import NOTHING, Value

MOST_ELEMENTS = 16

Items = list[tuple[Key, Value]]


def elements_of(state: Object) -> Items:
    """The elements at known places, in their order."""
    return [item for item in state.fields.items() if not is_attribute(item[0])]


def reordered(state: Object, items: Iterable[tuple[Key, Value]]) -> Object:
    """The list with these elements in this order."""
    fields: dict[Key, Value] = {
        index if isinstance(key, int) else key: value for index, (key, value) in enumerate(items)
    }
    attributes = {key: value for key, value in state.fields.items() if is_attribute(key)}
    return replace(state, fields={**fields, **attributes})


def blurred(state: Object, *more: Value) -> Object:
    """The list when nobody knows where which element is, or whether it is still there."""
    rest = NOTHING if state.rest is None else state.rest
    for value in (*(value for _, value in elements_of(state)), *more):
        rest = rest.join(value)
    return replace(reordered(state, []), rest=rest)


def inserted(state: Object, index: object, key: Key, value: Value) -> Object:
    """The list after ``insert(index, value)``; again at the same place it is blurred."""
    items = elements_of(state)
    known = state.rest is None and isinstance(index, int) and key not in state.fields
    if not known or len(items) >= MOST_ELEMENTS:
        return blurred(state, value)
    assert isinstance(index, int)
    return reordered(state, [*items[:index], (key, value), *items[index:]])


def without(state: Object, index: object) -> Object:
    """The list after ``del list[index]``."""
    items, position = elements_of(state), _position(state, index)
    if position is None:
        return blurred(state)
    return reordered(state, [*items[:position], *items[position + 1 :]])


def written(state: Object, index: object, value: Value) -> Object:
    """The list after ``list[index] = value``."""
    if state.rest is not None and isinstance(index, int) and index >= 0:
        return state.with_field(index, value)
    items, position = elements_of(state), _position(state, index)
    if position is None:
        return blurred(state, value)
    items[position] = (items[position][0], value)
    return reordered(state, items)


def backwards(state: Object) -> Object:
    """The list after ``reverse()``."""
    return reordered(state, reversed(elements_of(state))) if state.rest is None else blurred(state)


def _position(state: Object, index: object) -> int | None:
    """Where an index points to among elements that are all known."""
    count = len(elements_of(state))
    if state.rest is not None or not isinstance(index, int) or not -count <= index < count:
        return None
    return index % count
