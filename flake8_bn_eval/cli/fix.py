"""``bn-eval fix PATH...``: repair what is found, and say what is not repaired and why."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TextIO

from flake8_bn_eval.checking.judge import Judge
from flake8_bn_eval.checking.run import results
from flake8_bn_eval.cli.caching import add_cache, cache_of, jobs_of
from flake8_bn_eval.cli.outcome import CLEAN, FINDINGS, InputError, complain, parser, remark
from flake8_bn_eval.cli.searching import add_all_files, search_of
from flake8_bn_eval.cli.terminal import Progress
from flake8_bn_eval.files.fixing import FixedFile, fixed_file
from flake8_bn_eval.files.units import STDIN, read_bytes
from flake8_bn_eval.files.writing import replace_bytes
from flake8_bn_eval.findings import Finding
from flake8_bn_eval.fix.proposals import Declined
from flake8_bn_eval.report.fixing import Count, declined_line, diff_lines, fix_line, summary
from flake8_bn_eval.rules import all_rules
from flake8_bn_eval.settings.flags import RUNNING, SEARCHING, SELECTING, add_flags
from flake8_bn_eval.settings.reading import settings_of

MOST_PASSES = 3
"""A fix in one file may change what is found in another: so often all are looked at."""


@dataclass(frozen=True, slots=True)
class Request:
    """What the user asks for."""

    judge: Judge
    codes: tuple[str, ...]
    unsafe: bool
    diff: bool

    def wants(self, finding: Finding) -> bool:
        """Whether the rule of a finding is among those selected."""
        return finding.code.startswith(self.codes)


@dataclass(slots=True)
class Run:
    """The fixes of all files, and what has come of them so far."""

    request: Request
    said: TextIO
    count: Count = field(default_factory=Count)
    changed: set[str] = field(default_factory=set)
    last: dict[str, FixedFile] = field(default_factory=dict)
    """Each file as it was after its last pass."""
    failed: set[str] = field(default_factory=set)
    """Files that could not be read or written."""
    status: int = CLEAN
    fails_on_fix: bool = False

    def passes(self, files: list[str]) -> None:
        """Fix every file, and look at all of them again as long as another one has changed."""
        if STDIN in files:
            self._fix(STDIN)
        remaining = [path for path in files if path != STDIN]
        for _ in range(MOST_PASSES):
            before = self.count.fixed
            for path in self._with_findings(remaining):
                self._fix(path)
            remaining = [path for path in remaining if path not in self.failed]
            alone = len(remaining) < 2 or self.request.judge.choice.options.single_file
            if self.count.fixed == before or self.request.diff or alone:
                return

    def _with_findings(self, files: list[str]) -> list[str]:
        """The files in which something wanted is found; what cannot be read is said."""
        found: list[str] = []
        judge = self.request.judge
        progress = Progress(len(files), quiet=False)
        try:
            judged = results(judge, files, jobs_of(judge.choice))
            for path, result in zip(files, judged, strict=True):
                if result.problems:
                    with progress.aside():
                        self._complain_of(path, result.problems)
                if path not in self.failed and any(map(self.request.wants, result.findings)):
                    found.append(path)
                else:
                    self.last.pop(path, None)
                progress.step()
        finally:
            progress.close()
        return found

    def _complain_of(self, path: str, problems: Sequence[str]) -> None:
        for problem in problems:
            self.status = complain(InputError(problem))
            self.failed.add(path)

    def _fix(self, path: str) -> None:
        """Fix a file, or say why that cannot be done."""
        request = self.request
        name = request.judge.stdin_name if path == STDIN else path
        try:
            data = read_bytes(path)
            fixed = fixed_file(
                name,
                data,
                request.judge.shown_in,
                unsafe=request.unsafe,
                wanted=request.wants,
            )
            self._deliver(path, fixed, data)
        except InputError as error:
            self._complain_of(path, [str(error)])
            self.last.pop(name, None)
        else:
            self._note(fixed)

    def _deliver(self, path: str, fixed: FixedFile, data: bytes) -> None:
        """Write the file, or show what would be written."""
        if self.request.diff:
            for line in diff_lines(fixed.path, fixed.before, fixed.after):
                sys.stdout.write(line)
        elif path == STDIN:
            sys.stdout.flush()
            sys.stdout.buffer.write(fixed.data)
        elif fixed.is_changed:
            replace_bytes(path, data, fixed.data)

    def _note(self, fixed: FixedFile) -> None:
        made = zip(fixed.repaired.lines, fixed.repaired.fixes, strict=True)
        for line, fix in sorted(made, key=lambda each: each[0]):
            print(fix_line(fixed.unit, line, fix), file=self.said)
        self.count.fixed += len(fixed.repaired.fixes)
        self.last[fixed.path] = fixed
        if fixed.is_changed:
            self.changed.add(fixed.path)

    def close(self) -> int:
        """Say what is left, and give the status."""
        left: list[Declined] = []
        for fixed in self.last.values():
            left += fixed.repaired.declined
            for each in fixed.repaired.declined:
                print(declined_line(fixed.unit, each), file=self.said)
        self.count.files = len(self.changed)
        self.count.declined = len(left)
        self.count.unsafe = sum(each.needs_unsafe for each in left)
        self.said.flush()
        remark(summary(self.count, is_diff=self.request.diff))
        shown = self.request.diff and self.count.fixed
        judged = (left or shown) and not self.request.judge.choice.namespace.exit_zero
        fails = judged or self.fails_on_fix and self.count.fixed
        return max(self.status, FINDINGS if fails else CLEAN)


def main(arguments: Sequence[str]) -> int:
    """Fix files, or show how with ``--diff``.

    The status is 1 if findings are left that were to be fixed, and with ``--diff`` also if
    there are fixes to be made.
    """
    given = _parser().parse_args(arguments)
    codes = _selected(given)
    choice = settings_of(given)
    found = search_of(given, choice).files(given.paths)
    files = [each for each in found if isinstance(each, str)]
    request = Request(Judge(choice, cache_of(given, choice)), codes, given.unsafe_fixes, given.diff)
    run = Run(
        request,
        sys.stderr if given.diff or STDIN in files else sys.stdout,
        fails_on_fix=given.exit_non_zero_on_fix,
    )
    for error in found:
        if isinstance(error, InputError):
            run.status = complain(error)
    run.passes(files)
    return run.close()


def _parser() -> argparse.ArgumentParser:
    description = "Repair what is found, and say what is not repaired and why."
    fix = parser("fix", description, "[options] PATH [PATH ...]")
    fix.add_argument("paths", nargs="+", metavar="PATH", help="a file, a directory, - for stdin")
    fix.add_argument("--diff", action="store_true", help="write nothing, print what would change")
    fix.add_argument(
        "--unsafe-fixes",
        action="store_true",
        help="also make fixes that change what is computed: look at them afterwards",
    )
    fix.add_argument(
        "--exit-non-zero-on-fix",
        action="store_true",
        help="end with status 1 if something was fixed, also if nothing is left",
    )
    add_all_files(fix)
    add_cache(fix)
    add_flags(fix, SELECTING, SEARCHING, RUNNING, ["--exit-zero"])
    return fix


def _selected(given: argparse.Namespace) -> tuple[str, ...]:
    """The codes to fix; what else is found still counts when a fix is tried out.

    They are moved to ``extend_select``, which opts in to those that are named in full.
    """
    if getattr(given, "select", None) is None:
        return ("BNE",)
    codes = tuple(given.select)
    for code in codes:
        if not any(rule.code.startswith(code) for rule in all_rules()):
            raise InputError(f"--select: no rule has a code that begins with {code}")
    if not codes:
        raise InputError("--select: there is no code in it")
    del given.select
    given.extend_select = [*(getattr(given, "extend_select", None) or ()), *codes]
    return codes
