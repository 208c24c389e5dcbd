"""``bn-eval check PATH...``: what is wrong in files and directories, as flake8 would say it."""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from flake8_bn_eval.checking.baseline import Baseline, baseline_text, read_baseline
from flake8_bn_eval.checking.judge import Judge
from flake8_bn_eval.checking.run import results
from flake8_bn_eval.cli.caching import add_cache, cache_of, jobs_of
from flake8_bn_eval.cli.excusing import add_comments
from flake8_bn_eval.cli.outcome import (
    BAD_INPUT,
    CLEAN,
    FINDINGS,
    InputError,
    complain,
    parser,
    remark,
)
from flake8_bn_eval.cli.outputs import Output, Wanted, add_outputs, outputs, write_file
from flake8_bn_eval.cli.searching import add_all_files, search_of
from flake8_bn_eval.cli.showing import add_shows, show_files, show_settings
from flake8_bn_eval.cli.summary import statistics, summary
from flake8_bn_eval.cli.terminal import Progress, terminal_format
from flake8_bn_eval.configuration.choice import Choice
from flake8_bn_eval.report.formats import Format
from flake8_bn_eval.report.results import FileResult
from flake8_bn_eval.settings.flags import RUNNING, SEARCHING, SELECTING, SHOWING, add_flags
from flake8_bn_eval.settings.reading import files_read, settings_of


def main(arguments: Sequence[str]) -> int:
    """Report what is wrong."""
    given = _parser().parse_args(arguments)
    if given.fix:
        raise InputError("--fix: it is another command that repairs what is found, `bn-eval fix`")
    choice = settings_of(given)
    if given.show_settings:
        cache = cache_of(given, choice)
        show_settings(choice, search_of(given, choice), cache, files_read(given, choice))
        return CLEAN
    if not choice.codes:
        raise InputError("no rule is selected: see --select and --ignore and the configuration")
    run = Run(
        choice,
        _outputs(given, choice),
        _baseline(given, choice),
        keep_all=given.write_baseline is not None,
    )
    found = search_of(given, choice).files(given.paths or ["."])
    for each in found:
        if isinstance(each, InputError):
            run.complain_of(str(each))
    paths = [each for each in found if isinstance(each, str)]
    if given.show_files:
        show_files(paths)
        return BAD_INPUT if run.problems else CLEAN
    if given.add_noqa:
        status = add_comments(Judge(choice, cache_of(given, choice)), paths)
        return BAD_INPUT if run.problems else status
    wants_fixes = any(each.format.wants_fixes for each in run.outputs)
    run.judge(Judge(choice, cache_of(given, choice), wants_fixes), paths)
    if given.write_baseline is not None:
        write_file(given.write_baseline, baseline_text(given.write_baseline, run.results))
        return BAD_INPUT if run.problems else CLEAN
    return run.status


@dataclass
class Run:
    """One run over files: what it has reported, and what it counts."""

    choice: Choice
    outputs: list[Output]
    baseline: Baseline | None = None
    keep_all: bool = False
    codes: Counter[str] = field(default_factory=Counter)
    results: list[FileResult] = field(default_factory=list)
    """Those with findings, if they are to be kept."""
    with_findings: int = 0
    problems: int = 0

    @property
    def quiet(self) -> int:
        """How often quiet was asked for: once leaves the names of files."""
        return int(self.choice.namespace.quiet)

    @property
    def status(self) -> int:
        """How the run ends."""
        if self.problems:
            return BAD_INPUT
        return FINDINGS if self.codes and not self.choice.namespace.exit_zero else CLEAN

    def judge(self, judge: Judge, paths: Sequence[str]) -> None:
        """Report all files, and close the report."""
        color = self.choice.namespace.color
        progress = Progress(len(paths), quiet=bool(self.quiet), color=color)
        try:
            for result in results(judge, paths, jobs_of(self.choice)):
                if result.reported or result.problems:
                    with progress.aside():
                        self._take(result)
                else:
                    self._take(result)
                progress.step()
        finally:
            progress.close()
        for output in self.outputs:
            output.close()
        self._print_the_end(paths)

    def complain_of(self, problem: str) -> None:
        """Say that something could not be looked at."""
        complain(InputError(problem))
        self.problems += 1

    def _take(self, result: FileResult) -> None:
        for problem in result.problems:
            self.complain_of(problem)
        if self.keep_all:
            self.results += [result] if result.reported else []
            return
        if self.baseline is not None:
            result = self.baseline.without_known(result)
        for output in self.outputs:
            output.add(result)
        if result.reported:
            self.with_findings += 1
            self.codes.update(each.code for each in result.findings)

    def _print_the_end(self, paths: Sequence[str]) -> None:
        if self.keep_all:
            return
        if self.choice.namespace.statistics:
            sys.stdout.write(statistics(self.codes))
        if self.choice.namespace.count:
            sys.stdout.write(f"{self.codes.total()}\n")
        if self.quiet:
            return
        known = 0 if self.baseline is None else self.baseline.met
        told = summary(self.codes, len(paths), self.with_findings, self.problems, known)
        remark(told)
        gone = 0 if self.baseline is None else self.baseline.gone_from(paths)
        if gone:
            are, them = ("is", "it") if gone == 1 else ("are", "them")
            remark(f"{gone} of the baseline {are} gone; --write-baseline forgets {them}")


class _Names(Format):
    """``--quiet``: the names of files with findings."""

    def of_file(self, result: FileResult) -> str:
        return f"{result.path}\n" if result.reported else ""


class _Nothing(Format):
    """``--quiet`` twice."""

    def of_file(self, result: FileResult) -> str:
        return ""


def _parser() -> argparse.ArgumentParser:
    description = "Report what is wrong in files and directories."
    check = parser("check", description, "[options] [PATH ...]")
    check.add_argument(
        "paths", nargs="*", metavar="PATH", help="a file, a directory, - for stdin (default: .)"
    )
    check.add_argument("--fix", action="store_true", help=argparse.SUPPRESS)
    add_outputs(check)
    check.add_argument(
        "--baseline", metavar="FILE", help="show only findings that are not in this file"
    )
    check.add_argument(
        "--write-baseline", metavar="FILE", help="write all findings to this file, show none"
    )
    check.add_argument(
        "--add-noqa", action="store_true", help="excuse all findings by comments, show none"
    )
    add_shows(check)
    add_all_files(check)
    add_cache(check)
    add_flags(check, SELECTING, SEARCHING, SHOWING, RUNNING)
    return check


def _outputs(given: argparse.Namespace, choice: Choice) -> list[Output]:
    quiet, wanted = int(choice.namespace.quiet), given.outputs
    if quiet or given.write_baseline is not None:
        wanted = [each for each in wanted if each.file is not None]
        silent = _Names() if quiet == 1 and given.write_baseline is None else _Nothing()
        return [Output(silent, None), *(outputs(wanted, None) if wanted else [])]
    return outputs(wanted or [Wanted("text")], terminal_format(choice.namespace.color))


def _baseline(given: argparse.Namespace, choice: Choice) -> Baseline | None:
    if given.write_baseline is not None:
        return None
    configured = None if choice.table is None else choice.table.baseline
    file = given.baseline or configured
    return None if file is None else read_baseline(file)
