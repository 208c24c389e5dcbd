"""The kinds of fixes, one module each, found by looking into this package."""

from __future__ import annotations

import importlib
import pkgutil
from functools import cache

from flake8_bn_eval.fix.base import Kind


@cache
def all_kinds() -> tuple[Kind, ...]:
    """Every kind, by the name of its module."""
    return tuple(_kind_of(module.name) for module in pkgutil.iter_modules(__path__))


def kinds_for(code: str) -> list[Kind]:
    """The kinds that repair the findings of a rule, in the order in which they are tried."""
    return [kind for kind in all_kinds() if code in kind.codes]


def is_local(code: str) -> bool:
    """Whether all findings of a rule can be repaired at once."""
    kinds = kinds_for(code)
    return bool(kinds) and all(kind.is_local for kind in kinds)


def _kind_of(name: str) -> Kind:
    module = importlib.import_module(f"{__name__}.{name}")
    kind: object = getattr(module, "propose", None)
    if not isinstance(kind, Kind):
        raise TypeError(f"{module.__name__} has no function `propose` decorated with @repairs")
    return kind
