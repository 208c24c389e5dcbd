"""Two states of one object: the state that covers both, and whether one covers the other."""

from __future__ import annotations

from collections.abc import Callable

from flake8_bn_eval.modes.guards import ALWAYS, Guard
from flake8_bn_eval.modes.lattice import Modes
from flake8_bn_eval.modes.objects import Key, Kind, Object
from flake8_bn_eval.modes.values import NOTHING, Value, any_of

Merge = Callable[[Modes, Modes], Modes]


def merging(here: Guard, there: Guard) -> Merge:
    """How modes are joined where two paths with these guards meet, once for each pair."""
    known: dict[tuple[int, int], tuple[Modes, Modes, Modes]] = {}

    def merged(first: Modes, second: Modes) -> Modes:
        key = id(first), id(second)
        found = known.get(key)
        if found is None:
            found = known[key] = first, second, first.merged(here, second, there)
        return found[2]

    return merged


def doubting(first: Modes, second: Modes) -> Modes:
    """The mode of an object that an exception leaves: nobody can tell how far it had come."""
    return first.join(second) if first.members == second.members else first.doubting(second)


def join_objects(
    first: Object,
    second: Object,
    here: Guard = ALWAYS,
    there: Guard = ALWAYS,
    merge: Merge | None = None,
) -> Object:
    """One object that covers both states of it; the first one where it does so already.

    What only one of them has is there under the guard of its side.
    """
    merge = merge or merging(here, there)
    modes = first.modes if first.modes is second.modes else merge(first.modes, second.modes)
    tree = first.tree if first.tree is second.tree else merge(first.tree, second.tree)
    fields, rest = _join_contents(first, second, here, there)
    changed = (
        modes is not first.modes
        or tree is not first.tree
        or fields is not first.fields
        or rest is not first.rest
        or first.kind is not second.kind
        or first.seen is not second.seen
        or first.frozen is not second.frozen
        or first.many is not second.many
        or first.exists != second.exists
    )
    if not changed:
        return first
    kind = first.kind if first.kind is second.kind else Kind.UNKNOWN
    joined = first.with_contents(modes, tree, fields, rest, kind)
    same = (first.seen, first.frozen, first.many) == (second.seen, second.frozen, second.many)
    if same and first.exists == second.exists:
        return joined
    return joined.standing(
        first.seen and second.seen,
        first.frozen and second.frozen,
        first.many or second.many,
        first.exists & second.exists,
    )


def covers_anyway(mine: Object, theirs: Object) -> bool:
    """Whether a state has all that another one of the object has, whatever guards that is under."""
    if mine.exists or theirs.exists or mine.questions or not same_shape(mine, theirs):
        return False
    if not mine.modes.has_anyway(theirs.modes) or not mine.tree.has_anyway(theirs.tree):
        return False
    if mine.rest is not theirs.rest or mine.fields.keys() != theirs.fields.keys():
        return False
    return all(
        value is theirs.fields[key] or value.join(theirs.fields[key]) is value
        for key, value in mine.fields.items()
    )


def _join_contents(
    first: Object, second: Object, here: Guard, there: Guard
) -> tuple[dict[Key, Value], Value | None]:
    rest = _join_rests(first, second)
    if first.fields is second.fields:
        return first.fields, rest
    fields = _join_fields(first.fields, second.fields, here, there)
    if first.kind in (Kind.SEQUENCE, Kind.MAPPING) and first.fields.keys() != second.fields.keys():
        if first.kind is Kind.MAPPING:
            return fields, NOTHING if rest is None else rest
        # An element that may be missing is one of any number of elements.
        lone = first.fields.keys() ^ second.fields.keys()
        missing = {key for key in lone if not is_attribute(key)}
        if missing:
            others = [value for key, value in fields.items() if key in missing]
            rest = any_of(others if rest is None else [rest, *others])
            fields = {key: value for key, value in fields.items() if key not in missing}
    return fields, rest


def _join_fields(
    first: dict[Key, Value], second: dict[Key, Value], here: Guard, there: Guard
) -> dict[Key, Value]:
    more: dict[Key, Value] = {}
    for key, value in second.items():
        known = first.get(key)
        if known is None:
            more[key] = value
        elif known is not value:
            joined = known.merged(here, value, there)
            if joined is not known:
                more[key] = joined
    return {**first, **more} if more else first


def _join_rests(first: Object, second: Object) -> Value | None:
    if first.rest is None or second.rest is None:
        return second.rest if first.rest is None else first.rest
    return first.rest.join(second.rest)


def same_objects(first: Object, second: Object) -> bool:
    """Whether two states of one object are the same in everything."""
    if not same_shape(first, second) or first.rest != second.rest:
        return False
    if first.modes != second.modes or first.tree != second.tree:
        return False
    return first.fields is second.fields or first.fields == second.fields


def same_shape(first: Object, second: Object) -> bool:
    """Whether two states of one object are the same sort of object."""
    return (
        first.kind is second.kind
        and first.class_ is second.class_
        and first.library == second.library
        and first.origin == second.origin
        and first.sensitive is second.sensitive
        and first.seen is second.seen
        and first.frozen is second.frozen
        and first.many is second.many
        and first.exists == second.exists
    )


def same_flags(first: Object, second: Object) -> bool:
    """Whether two states of one object have the same modes, and those of its children."""
    if first.modes is not second.modes and first.modes != second.modes:
        return False
    return first.tree is second.tree or first.tree == second.tree


def same_modes(first: Object, second: Object) -> bool:
    if not same_flags(first, second):
        return False
    if first.fields is second.fields:
        return True
    return all(
        first.fields[key].objects == value.objects if key in first.fields else not value.objects
        for key, value in second.fields.items()
        if key in first.fields or not _lazily_born(second, key)
    )


def _lazily_born(owner: Object, key: Key) -> bool:
    """A child born by being looked at adds nothing new to its owner."""
    return len(owner.fields[key].objects) == 1


def is_attribute(key: Key) -> bool:
    """Whether a field is an attribute and no element."""
    return isinstance(key, str) and key.startswith(".")
