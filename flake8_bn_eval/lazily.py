"""`cached_property` that threads cannot wait for each other in.

Before Python 3.12 the one of `functools` holds a lock of the *class* while it computes, so the
analysis of one file waits for that of another, and two that need each other's wait forever.
Here, as from 3.12 on, two threads may compute the same value; the last one is kept.
Source: https://docs.python.org/3/library/functools.html#functools.cached_property
"""

from __future__ import annotations

import sys

if sys.version_info >= (3, 12):
    from functools import cached_property
else:
    from collections.abc import Callable
    from typing import Any, Generic, Self, TypeVar, overload

    Computed = TypeVar("Computed")

    class cached_property(Generic[Computed]):  # noqa: N801 -- stands in for that of functools
        """A method whose result stands in the instance under its name from the first use on."""

        def __init__(self, compute: Callable[[Any], Computed]) -> None:
            self._compute = compute
            self.__doc__ = compute.__doc__

        def __set_name__(self, owner: type, name: str) -> None:
            self._name = name

        @overload
        def __get__(self, instance: None, owner: type) -> Self: ...
        @overload
        def __get__(self, instance: object, owner: type) -> Computed: ...
        def __get__(self, instance: object, owner: type) -> Self | Computed:
            if instance is None:
                return self
            value = self._compute(instance)
            vars(instance)[self._name] = value
            return value


__all__ = ["cached_property"]
