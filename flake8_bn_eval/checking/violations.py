"""What flake8 says of a file, of whichever plugin, as the result of the file."""

from __future__ import annotations

from collections.abc import Sequence

from flake8.violation import Violation

from flake8_bn_eval.checking.fingerprints import fingerprints
from flake8_bn_eval.files.units import InputError, Unit, read_bytes, read_unit
from flake8_bn_eval.findings import Finding, Span
from flake8_bn_eval.report.results import FileResult, Reported
from flake8_bn_eval.rules import find_rule


def result_of(path: str, violations: Sequence[Violation]) -> FileResult:
    """The result of a file; standard input and what cannot be read has no text."""
    try:
        unit = read_unit(path, read_bytes(path)) if violations else Unit(path, "")
    except InputError:
        unit = Unit(path, "")
    findings = [_finding(each) for each in violations]
    marks = fingerprints(unit.text, findings)
    reported = (Reported(*each) for each in zip(findings, marks, strict=True))
    return FileResult(unit, tuple(reported))


def _finding(violation: Violation) -> Finding:
    """flake8 counts columns from 1 and knows no end."""
    line, column = violation.line_number, violation.column_number - 1
    rule = find_rule(violation.code)
    name = violation.code if rule is None else rule.name
    return Finding(Span(line, column, line, column + 1), violation.code, name, violation.text)
