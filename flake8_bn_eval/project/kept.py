"""What is kept of files between two analyses of one process: no more than fits.

An entry holds while the file's stamp (time of change and size) is the same.  When there is
too much, what was not asked for the longest time goes.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from threading import Lock
from typing import Generic, TypeVar

Stamp = tuple[int, int]
Value = TypeVar("Value")


class Kept(Generic[Value]):
    """Values by path, at most ``most`` in the unit of ``size``; several threads may use it."""

    def __init__(self, most: int, size: Callable[[Value], int]) -> None:
        self.most = most
        self.size = size
        self.total = 0
        self._values: OrderedDict[str, tuple[Stamp, Value]] = OrderedDict()
        self._lock = Lock()

    def find(self, path: str, stamp: Stamp) -> Value | None:
        """What was kept for a file that has not changed since."""
        with self._lock:
            known = self._values.get(path)
            if known is None or known[0] != stamp:
                return None
            self._values.move_to_end(path)
            return known[1]

    def keep(self, path: str, stamp: Stamp, value: Value) -> None:
        """Keep a value in the place of what was kept for the path before."""
        with self._lock:
            before = self._values.pop(path, None)
            if before is not None:
                self.total -= self.size(before[1])
            self._values[path] = stamp, value
            self.total += self.size(value)
            while self.total > self.most:
                _, (_, oldest) = self._values.popitem(last=False)
                self.total -= self.size(oldest)

    def forget(self) -> None:
        """Keep nothing."""
        with self._lock:
            self._values.clear()
            self.total = 0
