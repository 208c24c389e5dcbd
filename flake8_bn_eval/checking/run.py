"""Judging many files: what is known first, the rest on several processors, in one order."""

from __future__ import annotations

import multiprocessing
import signal
from collections.abc import Iterator, Sequence

from flake8_bn_eval.checking.judge import Judge
from flake8_bn_eval.files.units import STDIN
from flake8_bn_eval.report.results import FileResult

FEWEST_FOR_PROCESSES = 4
"""Fewer files are judged sooner than processes are started."""

_judge: list[Judge] = []
"""The judge of a process that was started for judging."""


def results(judge: Judge, paths: Sequence[str], jobs: int) -> Iterator[FileResult]:
    """What is reported of each file, in their order.

    With more than one job other processes judge what is not known; they are gone when this
    ends, however it does.
    """
    known = {path: found for path in paths if (found := judge.known(path)) is not None}
    unknown = [path for path in paths if path not in known]
    jobs = min(jobs, len(unknown) // 2)
    if jobs < 2 or len(unknown) < FEWEST_FOR_PROCESSES or STDIN in unknown:
        yield from (known.get(path) or judge.judge(path) for path in paths)
        return
    with multiprocessing.Pool(jobs, _begin, (judge,)) as pool:
        judged = pool.imap(_judged, unknown, chunksize=1)
        yield from (known[path] if path in known else next(judged) for path in paths)


def _begin(judge: Judge) -> None:
    """What each process does first; the user's interruption is for the one that started it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _judge.append(judge)


def _judged(path: str) -> FileResult:
    return _judge[0].judge(path)
