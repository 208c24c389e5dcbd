"""What the analysis changes around itself while it runs, and what each change gives.

Two settings belong to the process and not to a thread.  Each is changed when the first
thread asks for it and put back when the last one is done, so that analyses in several threads
take nothing away from each other and leave the process as it was.

Seconds of the processor over 95 training scripts (Python 3.11, libcst 1.9, best of three):

- deep recursion: no script of these needs it, but a chain of 400 branches, attributes or calls
  (`tests/test_hard_inputs.py`) ends in BNE901 without it;
- no garbage collection: the whole analysis 2.09 instead of 2.27.

A third is the thread's alone, `with_room_for_frames`.  Over the 299 files of a project with
their neighbours: 25 seconds instead of 35.
"""

from __future__ import annotations

import gc
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Lock
from typing import TypeVar

RECURSION_LIMIT = 6_000
"""Frames: enough for the deepest tree that is parsed, and for 8 MB of stack."""

FRAMES = 2**18
"""Slots, of eight bytes, for the frames of calls: most have 10 to 30."""

Undo = Callable[[], None]
Result = TypeVar("Result")


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


deep_recursion = _Change(_raise_recursion_limit)
"""While it lasts, trees may be walked that are deeper than Python's own limit allows."""

without_garbage_collection = _Change(_stop_garbage_collection)
"""While it lasts, nobody looks for cycles: a tree that is built has none."""


def with_room_for_frames(function: Callable[[], Result]) -> Result:
    """Call a function; the frames of all that it calls lie in one piece of memory.

    Python keeps frames in pieces of 16 kB, takes a new one from the system for a call that does
    not fit, and gives it back when that call returns.  Where the stack is as deep as such a
    border, call after call does so.  A piece is made large enough for the frame that needs it,
    and what is called later lies behind that frame: this function says that it needs a large
    one, of which nothing is ever touched.
    """
    return function()


with_room_for_frames.__code__ = with_room_for_frames.__code__.replace(co_stacksize=FRAMES)
