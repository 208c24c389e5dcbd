"""What is changed for the whole process while files are analysed, and what each change gives.

Three settings belong to the process and not to a thread.  Each is changed when the first
thread asks for it and put back when the last one is done, so that analyses in several threads
take nothing away from each other and leave the process as it was.

Seconds of the processor over 95 training scripts (Python 3.11, libcst 1.9, best of three):

- deep recursion: no script of these needs it, but a chain of 400 branches, attributes or calls
  (`tests/test_hard_inputs.py`) ends in BNE901 without it;
- no garbage collection: parsing 2.19 instead of 2.28, the whole analysis 2.09 instead of 2.27;
- no validation of nodes that the parser makes: parsing 2.19 instead of 2.55.
"""

from __future__ import annotations

import gc
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Lock
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import libcst

RECURSION_LIMIT = 6_000
"""Frames: enough for the deepest tree that is parsed, and for 8 MB of stack."""

Undo = Callable[[], None]


class _Change:
    """A change of the process that lasts while somebody needs it."""

    def __init__(self, make: Callable[[], Undo]) -> None:
        self._make = make
        self._lock = Lock()
        self._users = 0
        self._undo: Undo | None = None

    @contextmanager
    def __call__(self) -> Iterator[None]:
        with self._lock:
            if self._undo is None:
                self._undo = self._make()
            self._users += 1
        try:
            yield
        finally:
            with self._lock:
                self._users -= 1
                if not self._users and self._undo is not None:
                    undo, self._undo = self._undo, None
                    undo()


def _raise_recursion_limit() -> Undo:
    before = sys.getrecursionlimit()
    during = max(before, RECURSION_LIMIT)
    sys.setrecursionlimit(during)

    def undo() -> None:
        if sys.getrecursionlimit() == during:  # nobody else has changed it meanwhile
            sys.setrecursionlimit(before)

    return undo


def _stop_garbage_collection() -> Undo:
    if not gc.isenabled():
        return lambda: None
    gc.disable()
    return gc.enable


def _stop_validation() -> Undo:
    from libcst import CSTNode  # noqa: PLC0415 - costs 0.3 s, and most files never come here

    before = CSTNode.__post_init__
    CSTNode.__post_init__ = _accept  # type: ignore[method-assign, assignment]

    def undo() -> None:
        CSTNode.__post_init__ = before  # type: ignore[method-assign]

    return undo


def _accept(node: libcst.CSTNode) -> None:
    """Take a node as it is."""


deep_recursion = _Change(_raise_recursion_limit)
"""While it lasts, trees may be walked that are deeper than Python's own limit allows."""

without_garbage_collection = _Change(_stop_garbage_collection)
"""While it lasts, nobody looks for cycles: a tree that is built has none."""

without_validation = _Change(_stop_validation)
"""While it lasts, libcst tests no node: what its parser makes is valid."""
