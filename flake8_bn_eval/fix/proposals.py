"""From findings to fixes: every kind of fix is asked, what it proposes becomes edits."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass

from flake8_bn_eval.findings import Finding, Fix
from flake8_bn_eval.fix.base import Change
from flake8_bn_eval.fix.edits import edits_between
from flake8_bn_eval.fix.kinds import kinds_for
from flake8_bn_eval.fix.site import File, Site
from flake8_bn_eval.fix.tree import DeclinedError

RAISE = "BNE_RAISE"
"""Environment variable: with it an error of our own is raised."""
NO_KIND = "there is no fix for this rule"
NO_SHAPE = "no fix is known for this shape of it"


@dataclass(frozen=True, slots=True)
class Declined:
    """A finding that is not fixed, and why."""

    finding: Finding
    reason: str
    needs_unsafe: bool = False
    """Whether there is an unsafe fix that was not asked for."""


def proposed(file: File, finding: Finding) -> Iterator[Fix | Declined]:
    """All fixes for a finding that are known, the best first, and why there are no others."""
    kinds = kinds_for(finding.code)
    if not kinds:
        advice = f"; the advice is: {finding.help}" if finding.help else ""
        yield Declined(finding, NO_KIND + advice)
    reasons: list[str] = []
    known = False
    for kind in kinds:
        try:
            for change in kind(Site(file, finding)):
                known = True
                yield _fix(file.text, finding, change)
        except DeclinedError as declined:
            reasons.append(str(declined))
        except Exception as error:  # ours, not the user's: other findings are fixed
            if os.environ.get(RAISE):
                raise
            reasons.append(f"internal error {type(error).__name__}: {error}")
    if kinds and (reasons or not known):
        yield Declined(finding, "; ".join(reasons) or NO_SHAPE)


def _fix(text: str, finding: Finding, change: Change) -> Fix:
    return Fix(finding, change.title, change.safety, edits_between(text, change.text))
