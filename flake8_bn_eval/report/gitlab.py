"""A Code Quality report of GitLab.

https://docs.gitlab.com/ci/testing/code_quality/#code-quality-report-format
"""

from __future__ import annotations

import json
from hashlib import blake2b
from typing import Any

from flake8_bn_eval.report.formats import Format
from flake8_bn_eval.report.results import FileResult, Reported


class Gitlab(Format):
    """An array of issues."""

    def __init__(self) -> None:
        self._issues: list[dict[str, Any]] = []

    def of_file(self, result: FileResult) -> str:
        """Nothing yet."""
        self._issues += [_issue(result, each) for each in result.reported]
        return ""

    def closing(self) -> str:
        """The array."""
        return json.dumps(self._issues, indent=2) + "\n"


def _issue(result: FileResult, reported: Reported) -> dict[str, Any]:
    finding = reported.finding
    place = result.place(finding.span)
    cell = "" if place.cell is None else f"cell {place.cell}: "
    # GitLab takes a fingerprint for one issue of the whole project.
    known_by = f"{result.path}\0{reported.fingerprint}".encode(errors="surrogatepass")
    return {
        "description": f"{cell}{finding.code} {finding.advised(result.where)}",
        "check_name": finding.code,
        "fingerprint": blake2b(known_by, digest_size=16).hexdigest(),
        "severity": "major",
        "location": {
            "path": result.path,
            "lines": {"begin": place.line, "end": place.end_line},
        },
    }
