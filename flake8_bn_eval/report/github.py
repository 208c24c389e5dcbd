"""Workflow commands of GitHub Actions: each finding is shown at its line of a pull request.

https://docs.github.com/actions/reference/workflow-commands-for-github-actions
"""

from __future__ import annotations

from flake8_bn_eval.findings import Finding
from flake8_bn_eval.report.formats import Format
from flake8_bn_eval.report.results import FileResult


class Github(Format):
    """``::error file=…,line=…::what is wrong``."""

    def of_file(self, result: FileResult) -> str:
        """A command for each finding, and for what was not looked at."""
        commands = [_command(result, finding) for finding in result.findings]
        commands += [f"::error title=bn-eval::{_data(each)}\n" for each in result.problems]
        return "".join(commands)


def _command(result: FileResult, finding: Finding) -> str:
    place = result.place(finding.span)
    where = {"file": result.path}
    if place.cell is None:
        where |= {"line": str(place.line), "endLine": str(place.end_line)}
        if place.line == place.end_line:  # of several lines GitHub marks no columns
            where |= {"col": str(place.column), "endColumn": str(place.end_column)}
    where["title"] = f"{finding.code} {finding.rule}"
    told = [result.headline(finding)]
    if place.cell is not None:
        told[0] = f"cell {place.cell}, line {place.line}: {told[0]}"
    told += [f"{result.where(note)}: {note.message}" for note in finding.notes]
    told += [f"help: {finding.help}"] if finding.help else []
    properties = ",".join(f"{name}={_property(value)}" for name, value in where.items())
    return f"::error {properties}::{_data(chr(10).join(told))}\n"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
