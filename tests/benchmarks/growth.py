"""How the time of the analysis grows with a program: at a size, and at twice the size.

``python tests/benchmarks/growth.py`` measures every family of `growth_families`, or those with
a word of ``--only`` in their names.  All times are seconds of the processor, the best of the
rounds, parsing included.  The exit status is 1 if a family grows by more than it may, or takes
longer than ``--seconds``.
"""

from __future__ import annotations

import argparse
import signal
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import libcst
from growth_families import FAMILIES, JUDGED, Family, Files
from measuring import average_seconds, positive

from flake8_bn_eval.analysis import UNANALYSED, analyse
from flake8_bn_eval.findings import Finding
from flake8_bn_eval.options import Options
from flake8_bn_eval.project import projects

LONGEST = 20.0
"""Seconds after which a program is given up."""


class OverTimeError(BaseException):
    """The analysis takes too long; no `Exception`, because it catches these itself."""


@dataclass(frozen=True, slots=True)
class Cost:
    """Of one program: lines of the judged file, and seconds; those of the analysis may be over."""

    lines: int
    parse: float
    analysis: float | None
    unanalysed: tuple[str, ...]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--only", nargs="+", default=[], help="families with one of these words")
    parser.add_argument("--factor", type=positive, default=1, help="times the usual sizes")
    parser.add_argument("--rounds", type=positive, default=2, help="times each is measured")
    parser.add_argument("--seconds", type=float, default=LONGEST, help="give a program up then")
    arguments = parser.parse_args()
    chosen = [
        each
        for each in FAMILIES
        if not arguments.only or any(word in each.name for word in arguments.only)
    ]
    if not chosen:
        print("growth: no such family", file=sys.stderr)
        sys.exit(2)
    load_the_analysis(chosen)
    print(f"{'family':50}     n   lines   at n, s  at 2n, s  growth  / parse  {UNANALYSED}")
    within = [report(each, arguments) for each in chosen]
    print(f"{within.count(True)} of {len(within)} families within their bounds")
    sys.exit(0 if all(within) else 1)


def load_the_analysis(families: Sequence[Family]) -> None:
    """Import what an analysis loads late: an import cut short may raise any error, or half load."""
    for family in families:
        files = family.files(1)
        with tempfile.TemporaryDirectory() as folder:
            write(files, Path(folder))
            analysis_seconds(Path(folder), files, LONGEST, [])


def report(family: Family, arguments: argparse.Namespace) -> bool:
    """Print one line; whether the family grows by no more than it may."""
    size = family.size * arguments.factor
    small, large = (
        cost(family.files(each), arguments.rounds, arguments.seconds) for each in (size, 2 * size)
    )
    growth = None
    if small.analysis is not None and large.analysis is not None:
        growth = large.analysis / small.analysis
    within = growth is not None and growth <= family.most
    ratio = None if large.analysis is None else large.analysis / large.parse
    cells = [
        f"{family.name:50}{size:6}{large.lines:8}",
        shown(small.analysis, 10, 3),
        shown(large.analysis, 10, 3),
        shown(growth, 8, 2),
        shown(ratio, 9, 1),
        "" if within else f"  more than {family.most}",
        f"  {large.unanalysed[0]}" if large.unanalysed else "",
    ]
    print("".join(cells), flush=True)
    return within


def shown(number: float | None, width: int, digits: int) -> str:
    """A number, or that there is none."""
    return "-".rjust(width) if number is None else f"{number:{width}.{digits}f}"


def cost(files: Files, rounds: int, most: float) -> Cost:
    """The best of some rounds."""
    text = files[JUDGED]
    parse = min(average_seconds(lambda: libcst.parse_module(text)) for _ in range(rounds))
    found: list[Finding] = []
    with tempfile.TemporaryDirectory() as folder:
        write(files, Path(folder))
        taken = [analysis_seconds(Path(folder), files, most, found) for _ in range(rounds)]
    best = None if None in taken else min(each for each in taken if each is not None)
    unanalysed = tuple(each.message for each in found if each.code == UNANALYSED)
    return Cost(text.count("\n"), parse, best, unanalysed)


def write(files: Files, folder: Path) -> None:
    """Lay a project down."""
    (folder / "setup.cfg").write_text("")
    for path, text in files.items():
        (folder / path).write_text(text)


def analysis_seconds(folder: Path, files: Files, most: float, found: list[Finding]) -> float | None:
    """What judging the file takes, where no file was parsed before; None if it is too long."""
    options = Options(single_file=len(files) == 1)

    def work() -> None:
        projects.forget()
        found[:] = analyse(files[JUDGED], filename=str(folder / JUDGED), options=options)

    try:
        with at_most(most):
            return average_seconds(work)
    except OverTimeError:
        return None


@contextmanager
def at_most(limit: float) -> Iterator[None]:
    """Raise `OverTimeError` after so many seconds of the processor."""

    def stop(*_: object) -> None:
        raise OverTimeError

    before = signal.signal(signal.SIGPROF, stop)
    signal.setitimer(signal.ITIMER_PROF, limit)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)


if __name__ == "__main__":
    main()
