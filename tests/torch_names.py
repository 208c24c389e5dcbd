"""Finds what a dotted name of a row means in the libraries that are installed."""

from __future__ import annotations

import contextlib
import importlib
from collections.abc import Iterator
from typing import Any


def meanings(dotted: str) -> Iterator[Any]:
    """What a dotted name may mean: a module and a function may share one."""
    parts = dotted.split(".")
    for length in range(len(parts), 0, -1):
        with contextlib.suppress(ImportError, AttributeError):
            found = importlib.import_module(".".join(parts[:length]))
            for part in parts[length:]:
                found = getattr(found, part)
            yield found


def resolve(dotted: str) -> Any:
    found = list(meanings(dotted))
    assert found, f"there is no {dotted}"
    return next(filter(callable, found), found[0])
