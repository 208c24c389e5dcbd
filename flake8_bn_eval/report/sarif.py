"""SARIF 2.1.0, for code scanning services and the viewers of editors.

https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html
"""

from __future__ import annotations

import json
from typing import Any, ClassVar

from flake8_bn_eval import __version__
from flake8_bn_eval.findings import Fix, Note
from flake8_bn_eval.report.formats import Format
from flake8_bn_eval.report.results import FileResult, Place, Reported, uri_of
from flake8_bn_eval.rules import DOCUMENTATION, all_rules, url_of
from flake8_bn_eval.rules.base import Rule

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
FINGERPRINT = "bnEvalFingerprint/v1"
_Data = dict[str, Any]


class Sarif(Format):
    """One run with all rules, the results and what was not looked at."""

    wants_fixes: ClassVar[bool] = True

    def __init__(self) -> None:
        self._codes = [rule.code for rule in all_rules()]
        self._results: list[_Data] = []
        self._notifications: list[_Data] = []

    def of_file(self, result: FileResult) -> str:
        """Nothing yet."""
        self._results += [self._result(result, each) for each in result.reported]
        self._notifications += [
            {"level": "error", "message": {"text": each}, "locations": [_file(result.path)]}
            for each in result.problems
        ]
        return ""

    def closing(self) -> str:
        """The log."""
        driver = {
            "name": "bn-eval",
            "fullName": "flake8-bn-eval",
            "version": __version__,
            "semanticVersion": __version__,
            "informationUri": DOCUMENTATION,
            "rules": [_rule(rule) for rule in all_rules()],
        }
        invocation: _Data = {"executionSuccessful": not self._notifications}
        if self._notifications:
            invocation["toolExecutionNotifications"] = self._notifications
        run = {
            "tool": {"driver": driver},
            "invocations": [invocation],
            "columnKind": "unicodeCodePoints",
            "results": self._results,
        }
        return json.dumps({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2) + "\n"

    def _result(self, result: FileResult, reported: Reported) -> _Data:
        finding = reported.finding
        told: _Data = {
            "ruleId": finding.code,
            "level": "warning",
            "message": {"text": finding.advised(result.where)},
            "locations": [_location(result.path, result.place(finding.span))],
            "partialFingerprints": {FINGERPRINT: reported.fingerprint},
        }
        if finding.code in self._codes:
            told["ruleIndex"] = self._codes.index(finding.code)
        if finding.notes:
            steps = [{"location": _step(result, note)} for note in finding.notes]
            told["codeFlows"] = [{"threadFlows": [{"locations": steps}]}]
        if reported.fix is not None:
            told["fixes"] = [_fix(result, reported.fix)]
        return told


def _rule(rule: Rule) -> _Data:
    return {
        "id": rule.code,
        "name": rule.name,
        "shortDescription": {"text": rule.page.summary},
        "fullDescription": {"text": rule.page.summary},
        "help": {"text": rule.page.text, "markdown": rule.page.text},
        "helpUri": url_of(rule.code),
        "defaultConfiguration": {"enabled": rule.default, "level": "warning"},
    }


def _file(path: str) -> _Data:
    return {"physicalLocation": {"artifactLocation": _artifact(path)}}


def _artifact(path: str) -> _Data:
    uri = uri_of(path)
    return {"uri": uri} if uri.startswith("file:") else {"uri": uri, "uriBaseId": "%SRCROOT%"}


def _location(path: str, place: Place) -> _Data:
    region = _region(place)
    location: _Data = {
        "physicalLocation": {"artifactLocation": _artifact(path), "region": region}
    }
    if place.cell is not None:
        location["logicalLocations"] = [{"name": f"cell {place.cell}", "kind": "cell"}]
    return location


def _region(place: Place) -> _Data:
    return {
        "startLine": place.line,
        "startColumn": place.column,
        "endLine": place.end_line,
        "endColumn": place.end_column,
    }


def _step(result: FileResult, note: Note) -> _Data:
    location = _location(result.path_of_note(note), result.place_of_note(note))
    return location | {"message": {"text": note.message}}


def _fix(result: FileResult, fix: Fix) -> _Data:
    replacements = [
        {
            "deletedRegion": _region(result.place(edit.span)),
            "insertedContent": {"text": edit.replacement},
        }
        for edit in fix.edits
    ]
    change = {"artifactLocation": _artifact(result.path), "replacements": replacements}
    return {"description": {"text": fix.title}, "artifactChanges": [change]}
