"""``bn-eval check --add-noqa``: a comment for each finding, and no report."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from flake8_bn_eval.checking.commenting import excuse_in_file
from flake8_bn_eval.checking.judge import Judge
from flake8_bn_eval.checking.run import results
from flake8_bn_eval.cli.caching import jobs_of
from flake8_bn_eval.cli.outcome import CLEAN, FINDINGS, InputError, complain, remark
from flake8_bn_eval.files.units import STDIN, read_bytes
from flake8_bn_eval.findings import Finding
from flake8_bn_eval.report.results import FileResult


def add_comments(judge: Judge, paths: Sequence[str]) -> int:
    """Excuse every finding by a comment; the status is 1 if one could not be excused."""
    status, excused, files = CLEAN, 0, 0
    for path, result in zip(paths, results(judge, paths, jobs_of(judge.choice)), strict=True):
        for problem in result.problems:
            status = complain(InputError(problem))
        if not result.reported:
            continue
        try:
            left = _excused(judge, path, result)
        except InputError as error:
            status = complain(error)
            continue
        for finding in left:
            print(f"{path}:{finding.span.line}: {finding.code} not excused: no comment fits there")
        excused += len(result.findings) - len(left)
        files += len(result.findings) > len(left)
        status = max(status, FINDINGS if left else CLEAN)
    remark(f"{_counted(excused, 'finding')} excused in {_counted(files, 'file')}")
    return status


def _excused(judge: Judge, path: str, result: FileResult) -> list[Finding]:
    """Write the comments of a file; the findings that are still shown."""
    if path == STDIN or result.unit.cells:
        raise InputError(f"{path}: --add-noqa writes into files of Python only")
    data = read_bytes(path)
    after = judge.shown_in(excuse_in_file(result.unit, data, result.findings))
    shown = Counter((each.span.line, each.code) for each in after)
    return [each for each in result.findings if shown[each.span.line, each.code]]


def _counted(count: int, what: str) -> str:
    return f"{count or 'no'} {what}{'' if count == 1 else 's'}"
