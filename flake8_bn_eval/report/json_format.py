"""Everything as JSON, for programs; lines and columns count from 1, ends are exclusive."""

from __future__ import annotations

import json
from typing import Any, ClassVar

from flake8_bn_eval import __version__
from flake8_bn_eval.findings import Fix
from flake8_bn_eval.report.formats import Format
from flake8_bn_eval.report.results import FileResult, Place, Reported
from flake8_bn_eval.rules import url_of

VERSION = 1
"""Goes up when a key changes its meaning or goes away."""


class Json(Format):
    """One object: ``version``, ``tool``, ``findings`` and ``problems``."""

    wants_fixes: ClassVar[bool] = True

    def __init__(self) -> None:
        self._findings: list[dict[str, Any]] = []
        self._problems: list[str] = []

    def of_file(self, result: FileResult) -> str:
        """Nothing yet."""
        self._findings += [_finding(result, each) for each in result.reported]
        self._problems += result.problems
        return ""

    def closing(self) -> str:
        """The object."""
        told = {
            "version": VERSION,
            "tool": {"name": "bn-eval", "version": __version__},
            "findings": self._findings,
            "problems": self._problems,
        }
        return json.dumps(told, indent=2) + "\n"


def _finding(result: FileResult, reported: Reported) -> dict[str, Any]:
    finding = reported.finding
    notes = [
        {
            "path": result.path_of_note(note),
            **_place(result.place_of_note(note)),
            "message": note.message,
        }
        for note in finding.notes
    ]
    return {
        "path": result.path,
        **_place(result.place(finding.span)),
        "code": finding.code,
        "rule": finding.rule,
        "url": url_of(finding.code),
        "message": result.headline(finding),
        "help": finding.help,
        "notes": notes,
        "fingerprint": reported.fingerprint,
        "fix": None if reported.fix is None else _fix(result, reported.fix),
    }


def _fix(result: FileResult, fix: Fix) -> dict[str, Any]:
    edits = [
        {**_place(result.place(edit.span)), "replacement": edit.replacement} for edit in fix.edits
    ]
    return {"title": fix.title, "safety": fix.safety.value, "edits": edits}


def _place(place: Place) -> dict[str, int]:
    known = {
        "cell": place.cell,
        "line": place.line,
        "column": place.column,
        "end_line": place.end_line,
        "end_column": place.end_column,
    }
    return {name: value for name, value in known.items() if value is not None}
