"""What the value of a key in a knowledge table must look like, taken from the row classes.

A field that is added to a row class becomes a key of the tables by itself.  Nothing here
knows which keys belong together or what a value means.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import MISSING, fields, is_dataclass
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from flake8_bn_eval.knowledge.rows import Version
from flake8_bn_eval.options import OptionError, read_version

Check = Callable[[Any], str | None]
"""Says what a value should have been, or nothing if it is right."""


def checks_of(record: type[Any]) -> dict[str, Check]:
    """The check of each field of a dataclass."""
    return {name: _check_of(hint) for name, hint in get_type_hints(record).items()}


def required_of(record: type[Any]) -> set[str]:
    """The fields that must be given: without a default, and never none."""
    hints = get_type_hints(record)
    return {
        field.name
        for field in fields(record)
        if field.default is MISSING and NoneType not in get_args(hints[field.name])
    }


def _check_of(hint: Any) -> Check:
    hint = _without_none(hint)
    origin, arguments = get_origin(hint), get_args(hint)
    if origin is Literal:
        return _one_of(arguments)
    if origin is tuple:
        return _records(arguments[0])
    if origin is frozenset:
        return texts
    if is_dataclass(hint) and isinstance(hint, type):
        return _record(hint)
    return _SIMPLE[hint]


def _without_none(hint: Any) -> Any:
    if get_origin(hint) not in (Union, UnionType):
        return hint
    (kept,) = (part for part in get_args(hint) if part is not NoneType)
    return kept


def text(value: Any) -> str | None:
    return None if isinstance(value, str) and value else "a string that is not empty"


def texts(value: Any) -> str | None:
    right = isinstance(value, list) and value and all(text(item) is None for item in value)
    return None if right else "a list of strings that is not empty"


def boolean(value: Any) -> str | None:
    return None if isinstance(value, bool) else "true or false"


def _position(value: Any) -> str | None:
    right = isinstance(value, int) and not isinstance(value, bool) and value >= 0
    return None if right else "a position, 0 or more"


def _number(value: Any) -> str | None:
    right = isinstance(value, int | float) and not isinstance(value, bool)
    return None if right else "a number"


def _version(value: Any) -> str | None:
    try:
        read_version(value)
    except (OptionError, AttributeError):
        return "a version such as \"2.9\""
    return None


_SIMPLE: dict[Any, Check] = {
    str: text, bool: boolean, int: _position, float: _number, Version: _version,
}  # fmt: skip


def _one_of(allowed: tuple[Any, ...]) -> Check:
    wanted = " or ".join(f'"{value}"' for value in allowed)
    return lambda value: None if isinstance(value, str) and value in allowed else wanted


def _record(record: type[Any]) -> Check:
    keys, required = checks_of(record), required_of(record)

    def check(item: Any) -> str | None:
        fits = (
            isinstance(item, dict)
            and required <= item.keys() <= keys.keys()
            and all(keys[key](value) is None for key, value in item.items())
        )
        return None if fits else f"a table with the keys {', '.join(keys)}"

    return check


def _records(record: type[Any]) -> Check:
    check_one = _record(record)
    keys = ", ".join(checks_of(record))

    def check(value: Any) -> str | None:
        right = isinstance(value, list) and value and all(check_one(it) is None for it in value)
        return None if right else f"a list of tables with the keys {keys}"

    return check
