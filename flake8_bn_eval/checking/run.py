"""Judging many files: what is known first, the rest on several processors, in one order."""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool

from flake8_bn_eval.checking.judge import Judge
from flake8_bn_eval.files.units import STDIN, InputError
from flake8_bn_eval.report.results import FileResult

FEWEST_FOR_PROCESSES = 4
"""Fewer files are judged sooner than processes are started."""

MOST_AT_ONCE = 8
"""Files that one process judges in a row: neighbours, which it parses once."""

KILLED = "a process that judged files was killed; --jobs=1 needs none"

_judges: list[Judge] = []
"""The judge of a process that was started for judging."""


def processors() -> int:
    """How many processors this process may use."""
    affinity = getattr(os, "sched_getaffinity", None)
    return len(affinity(0)) if affinity else os.cpu_count() or 1


def results(judge: Judge, paths: Sequence[str], jobs: int) -> Iterator[FileResult]:
    """What is reported of each file, in their order.

    With more than one job other processes judge what is not known; they are gone when this
    ends, however it does.  Raises `InputError` if one of them is killed.
    """
    known = {path: found for path in paths if (found := judge.known(path)) is not None}
    unknown = [path for path in paths if path not in known]
    jobs = min(jobs, len(unknown) // 2)
    if jobs < 2 or len(unknown) < FEWEST_FOR_PROCESSES or STDIN in unknown:
        yield from (known.get(path) or judge.judge(path) for path in paths)
        return
    judged = _judged_by_others(judge, unknown, jobs)
    yield from (known[path] if path in known else next(judged) for path in paths)


def _judged_by_others(judge: Judge, paths: Sequence[str], jobs: int) -> Iterator[FileResult]:
    try:
        executor = ProcessPoolExecutor(jobs, initializer=_begin, initargs=(judge.unused(),))
    except (OSError, ImportError, NotImplementedError):  # the system has no processes for us
        yield from map(judge.judge, paths)
        return
    try:
        judged = _submitted(executor, paths, jobs)
        if judged is None:
            yield from map(judge.judge, paths)
        while judged:
            yield from judged.popleft().result()
    except BrokenProcessPool as error:
        raise InputError(KILLED) from error
    finally:  # nothing is cancelled: before Python 3.12 a process that ends then brings a traceback
        for process in multiprocessing.active_children():
            process.terminate()
        executor.shutdown()


def _submitted(
    executor: ProcessPoolExecutor, paths: Sequence[str], jobs: int
) -> deque[Future[list[FileResult]]] | None:
    """What will be known of the paths, some at once; None where no process can be started."""
    try:
        return deque(executor.submit(_judged, chunk) for chunk in in_turns(paths, jobs))
    except OSError:
        return None


def in_turns(paths: Sequence[str], jobs: int) -> Iterator[Sequence[str]]:
    """The paths in pieces for one process each; towards the end they hold one file.

    A file may take a thousand times as long as another: one process would be left with several
    of them when the others are done.
    """
    start = 0
    while start < len(paths):
        at_once = max(1, min(MOST_AT_ONCE, (len(paths) - start) // (8 * jobs)))
        yield paths[start : start + at_once]
        start += at_once


def _begin(judge: Judge) -> None:
    """What each process does first; the user's interruption is for the one that started it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _judges.append(judge)


def _judged(paths: Sequence[str]) -> list[FileResult]:
    return [_judges[0].judge(path) for path in paths]
